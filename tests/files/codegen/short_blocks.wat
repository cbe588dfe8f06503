;;! test: run, best
;;! target: x64, riscv64+zba+zbb+zbs
;; What a loop jumps to that is no more than a branch and a little before it stands in place of the jump; the head of a
;; loop that dispatches too, whose table and last index are made in front of the loop. Who would jump to a jump goes on to
;; where that leads.
(module
  (memory 1)
  (func (export "sides") (param $x i64) (result i32) (local $steps i32)
    (loop $again
      (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
      (local.set $x
        (if (result i64) (i64.eqz (i64.and (local.get $x) (i64.const 1)))
          (then (i64.shr_u (local.get $x) (i64.const 1)))
          (else (i64.add (i64.mul (local.get $x) (i64.const 3)) (i64.const 1)))))
      (br_if $again (i64.ne (local.get $x) (i64.const 1))))
    (local.get $steps))
  (func (export "dispatch") (param $pc i32) (result i32) (local $sum i32) (local $op i32)
    (loop $next
      (local.set $op (i32.load8_u (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
      (block $halt (block $double (block $more (block $less
        (br_table $less $more $double $halt (local.get $op)))
        (local.set $sum (i32.sub (local.get $sum) (i32.const 1)))
        (br $next))
        (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
        (br $next))
        (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
        (br_if $next (i32.lt_s (local.get $sum) (i32.const 100)))
        (br $next)))
    (local.get $sum))
  ;; An address that is a constant: what is above its low bits is added to the memory's base in front of the loop.
  (func (export "constant") (param $n i32) (result i32)
    (loop $again
      (i32.store (i32.const 9000) (i32.add (i32.load (i32.const 9000)) (local.get $n)))
      (i32.store (i32.const 9004) (i32.load (i32.const 9000)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 9004)))
  ;; A parameter of a loop of which the low half alone is read takes a sum that is not extended.
  (func (export "low") (param $i i32) (param $base i32) (result i32) (local $sum i32)
    (local.set $i (i32.add (i32.shl (local.get $i) (i32.const 2)) (local.get $base)))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $again (i32.lt_u (local.get $sum) (i32.const 10))))
    (local.get $sum))
  (data (i32.const 0) "\01\01\02\00\02\03\05\07\01\01\01\01\09\09"))
;;! run: sides(27) = 111
;;! run: dispatch(0) = 38
;;! run: constant(10) = 55
;;! run: low(0x40000001, 0) = 12
;;= best-x64    rules: add_shifted, alu_immediate, alu_plain, mul_lea, shift_immediate, load, store, jump, branch, branch_table, return_
;;   function 0
;;     mov eax, 0
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop dword ptr [rax]
;;   L0:
;;     add eax, 1
;;     test rdi, 1
;;     jne L1
;;     shr rdi
;;     jmp L2
;;   L1:
;;     lea rdi, [rdi + 2*rdi]
;;     add rdi, 1
;;   L2:
;;     cmp rdi, 1
;;     jne L0
;;     ret
;;   function 1
;;     mov eax, 0
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop dword ptr [rax]
;;   L0:
;;     movzx ecx, byte ptr gs:[rdi]
;;     add edi, 1
;;     mov r11d, 3
;;     cmp ecx, r11d
;;     cmovb r11d, ecx
;;     lea r10, [rip + 33]
;;     movsxd r11, dword ptr [r10 + 4*r11]
;;     add r10, r11
;;     jmp r10
;;     add eax, -1
;;     jmp L0
;;     add eax, 5
;;     jmp L0
;;     shl eax
;;     cmp eax, 100
;;     jl L0
;;     jmp L0
;;     ret
;;   function 2
;;   L0:
;;     mov eax, dword ptr gs:[9000]
;;     add eax, edi
;;     mov dword ptr gs:[9000], eax
;;     mov dword ptr gs:[9004], eax
;;     add edi, -1
;;     jne L0
;;     ret
;;   function 3
;;     lea ecx, [rsi + 4*rdi]
;;     mov eax, 0
;;   L0:
;;     movzx edx, byte ptr gs:[rcx]
;;     add eax, edx
;;     add ecx, 4
;;     cmp eax, 10
;;     jb L0
;;     ret
;;= best-riscv64+zba+zbb+zbs    rules: add_immediate, add_shifted_low, plain_low, mul_shifted, bitwise_immediate, shift_immediate, load, store, jump, branch, branch_table, return_
;;   function 0
;;     li a3, 1
;;     li a2, 0
;;   L0:
;;     addiw a2, a2, 1
;;     andi a1, a0, 1
;;     bnez a1, L1
;;     srli a0, a0, 1
;;     bne a0, a3, L0
;;     j L2
;;   L1:
;;     sh1add a0, a0, a0
;;     addi a0, a0, 1
;;     bne a0, a3, L0
;;   L2:
;;     mv a0, a2
;;     ret
;;   function 1
;;     mv a1, a0
;;     li a3, 100
;;     li a4, 3
;;     auipc a5, 0
;;     addi a5, a5, 144
;;     li a0, 0
;;   L0:
;;     add.uw a2, a1, s11
;;     lbu a2, 0(a2)
;;     addiw a1, a1, 1
;;     minu t2, a2, a4
;;     sh2add t2, t2, a5
;;     lw t2, 0(t2)
;;     add t1, a5, t2
;;     jr t1
;;     addiw a0, a0, -1
;;     add.uw a2, a1, s11
;;     lbu a2, 0(a2)
;;     addiw a1, a1, 1
;;     minu t2, a2, a4
;;     sh2add t2, t2, a5
;;     lw t2, 0(t2)
;;     add t1, a5, t2
;;     jr t1
;;     addiw a0, a0, 5
;;     add.uw a2, a1, s11
;;     lbu a2, 0(a2)
;;     addiw a1, a1, 1
;;     minu t2, a2, a4
;;     sh2add t2, t2, a5
;;     lw t2, 0(t2)
;;     add t1, a5, t2
;;     jr t1
;;     slliw a0, a0, 1
;;     blt a0, a3, L0
;;     add.uw a2, a1, s11
;;     lbu a2, 0(a2)
;;     addiw a1, a1, 1
;;     minu t2, a2, a4
;;     sh2add t2, t2, a5
;;     lw t2, 0(t2)
;;     add t1, a5, t2
;;     jr t1
;;     ret
;;     nop
;;   function 2
;;     lui a1, 2
;;     add a2, a1, s11
;;   L0:
;;     lw a1, 808(a2)
;;     addw a1, a1, a0
;;     sw a1, 808(a2)
;;     sw a1, 812(a2)
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     mv a0, a1
;;     ret
;;   function 3
;;     sh2add a1, a0, a1
;;     li a3, 10
;;     li a0, 0
;;   L0:
;;     add.uw a2, a1, s11
;;     lbu a2, 0(a2)
;;     addw a0, a0, a2
;;     addiw a1, a1, 4
;;     bltu a0, a3, L0
;;     ret
