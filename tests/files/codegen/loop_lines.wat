;;! test: run, best
;;! target: x64, riscv64
;; Where loops begin on x86-64, in the gear best: a loop that fits in a line of 64 bytes lies in one.
(module
  (memory 1)
  ;; From where the stores end the loop would lie in two lines.
  (func (export "moves") (param $n i32) (result i32)
    (i32.store offset=4 (local.get $n) (i32.const 100000))
    (i32.store offset=8 (local.get $n) (i32.const 100001))
    (i32.store offset=12 (local.get $n) (i32.const 100002))
    (i32.store offset=16 (local.get $n) (i32.const 100003))
    (loop $next
      (i32.store8 (local.get $n) (i32.const 7))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load offset=4 (i32.const 0)))
  ;; Here the loop ends in the line in which it begins.
  (func (export "stays") (param $n i32) (result i32)
    (loop $next
      (i32.store8 (local.get $n) (i32.const 7))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 0)))
  ;; And this one has no line that would take it.
  (func (export "long") (param $n i32) (result i32)
    (i32.store offset=4 (local.get $n) (i32.const 100000))
    (i32.store offset=8 (local.get $n) (i32.const 100001))
    (i32.store offset=12 (local.get $n) (i32.const 100002))
    (loop $next
      (i32.store8 (local.get $n) (i32.const 7))
      (i32.store8 offset=1 (local.get $n) (i32.const 6))
      (i32.store8 offset=2 (local.get $n) (i32.const 5))
      (i32.store8 offset=3 (local.get $n) (i32.const 4))
      (i32.store8 offset=4 (local.get $n) (i32.const 3))
      (i32.store8 offset=5 (local.get $n) (i32.const 2))
      (i32.store8 offset=6 (local.get $n) (i32.const 1))
      (i32.store8 offset=7 (local.get $n) (i32.const 2))
      (i32.store8 offset=8 (local.get $n) (i32.const 3))
      (i32.store8 offset=9 (local.get $n) (i32.const 4))
      (i32.store8 offset=10 (local.get $n) (i32.const 5))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load offset=4 (i32.const 0)))
  ;; An interpreter's loop is larger than a line; its head, to which each case jumps, begins with one.
  (func (export "dispatches") (param $pc i32) (result i32) (local $sum i32)
    (i32.store offset=3 (i32.const 100) (i32.const 0x00030201))
    (loop $next
      (block $halt
        (block $triple
          (block $double
            (block $add
              (br_table $halt $add $double $triple
                (i32.load8_u offset=100 (local.tee $pc (i32.add (local.get $pc) (i32.const 1))))))
            (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
            (br $next))
          (i32.store offset=200 (i32.const 0) (local.get $sum))
          (i32.store offset=204 (i32.const 0) (local.get $sum))
          (i32.store offset=208 (i32.const 0) (local.get $sum))
          (i32.store offset=212 (i32.const 0) (local.get $sum))
          (i32.store offset=216 (i32.const 0) (local.get $sum))
          (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
          (br $next))
        (local.set $sum (i32.mul (local.get $sum) (i32.const 3)))
        (br $next)))
    (local.get $sum))
  ;; To this one a single jump goes back: it stays where it is.
  (func (export "chooses") (param $n i32) (result i32) (local $sum i32)
    (i32.store offset=3 (i32.const 100) (local.get $n))
    (loop $next
      (block $joined
        (block $two
          (block $one
            (block $none
              (br_table $none $one $two $joined (local.get $n)))
            (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
            (br $joined))
          (i32.store offset=200 (i32.const 0) (local.get $sum))
          (i32.store offset=204 (i32.const 0) (local.get $sum))
          (i32.store offset=208 (i32.const 0) (local.get $sum))
          (i32.store offset=212 (i32.const 0) (local.get $sum))
          (i32.store offset=216 (i32.const 0) (local.get $sum))
          (local.set $sum (i32.shl (local.get $sum) (i32.const 1)))
          (br $joined))
        (local.set $sum (i32.mul (local.get $sum) (i32.const 3))))
      (br_if $next (i32.ge_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (local.get $sum)))
;;! run: moves(9) = 117901063
;;! run: stays(9) = 117901056
;;! run: long(9) = 16909060
;;! run: dispatches(2) = 30
;;! run: chooses(4) = 5
;;= best-x64    rules: alu_immediate, mul_lea, shift_immediate, load, store_immediate, store, jump, branch, branch_table, return_
;;   function 0
;;     mov dword ptr gs:[rdi + 4], 100000
;;     mov dword ptr gs:[rdi + 8], 100001
;;     mov dword ptr gs:[rdi + 12], 100002
;;     mov dword ptr gs:[rdi + 16], 100003
;;     nop word ptr [rax + rax]
;;     nop dword ptr [rax]
;;   L0:
;;     mov byte ptr gs:[rdi], 7
;;     add edi, -1
;;     jne L0
;;     mov eax, dword ptr gs:[4]
;;     ret
;;   function 1
;;   L0:
;;     mov byte ptr gs:[rdi], 7
;;     add edi, -1
;;     jne L0
;;     mov eax, dword ptr gs:[0]
;;     ret
;;   function 2
;;     mov dword ptr gs:[rdi + 4], 100000
;;     mov dword ptr gs:[rdi + 8], 100001
;;     mov dword ptr gs:[rdi + 12], 100002
;;   L0:
;;     mov byte ptr gs:[rdi], 7
;;     mov byte ptr gs:[rdi + 1], 6
;;     mov byte ptr gs:[rdi + 2], 5
;;     mov byte ptr gs:[rdi + 3], 4
;;     mov byte ptr gs:[rdi + 4], 3
;;     mov byte ptr gs:[rdi + 5], 2
;;     mov byte ptr gs:[rdi + 6], 1
;;     mov byte ptr gs:[rdi + 7], 2
;;     mov byte ptr gs:[rdi + 8], 3
;;     mov byte ptr gs:[rdi + 9], 4
;;     mov byte ptr gs:[rdi + 10], 5
;;     add edi, -1
;;     jne L0
;;     mov eax, dword ptr gs:[4]
;;     ret
;;   function 3
;;     mov dword ptr gs:[103], 197121
;;     mov eax, 0
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop word ptr [rax + rax]
;;     nop dword ptr [rax]
;;   L0:
;;     add edi, 1
;;     movzx ecx, byte ptr gs:[rdi + 100]
;;     mov r11d, 3
;;     cmp ecx, r11d
;;     cmovb r11d, ecx
;;     lea r10, [rip + 68]
;;     movsxd r11, dword ptr [r10 + 4*r11]
;;     add r10, r11
;;     jmp r10
;;     add eax, 5
;;     jmp L0
;;     mov dword ptr gs:[200], eax
;;     mov dword ptr gs:[204], eax
;;     mov dword ptr gs:[208], eax
;;     mov dword ptr gs:[212], eax
;;     mov dword ptr gs:[216], eax
;;     shl eax
;;     jmp L0
;;     lea eax, [rax + 2*rax]
;;     jmp L0
;;     ret
;;   function 4
;;     mov dword ptr gs:[103], edi
;;     mov eax, 0
;;   L0:
;;     mov r11d, 3
;;     cmp edi, r11d
;;     cmovb r11d, edi
;;     lea r10, [rip + 79]
;;     movsxd r11, dword ptr [r10 + 4*r11]
;;     add r10, r11
;;     jmp r10
;;     add eax, 5
;;     jmp L1
;;     mov dword ptr gs:[200], eax
;;     mov dword ptr gs:[204], eax
;;     mov dword ptr gs:[208], eax
;;     mov dword ptr gs:[212], eax
;;     mov dword ptr gs:[216], eax
;;     shl eax
;;     jmp L1
;;     lea eax, [rax + 2*rax]
;;   L1:
;;     add edi, -1
;;     test edi, edi
;;     jge L0
;;     ret
;;= best-riscv64    rules: add_immediate, plain_low, shift_immediate, load, store, jump, branch, branch_table, return_
;;   function 0
;;     lui a1, 24
;;     addiw a1, a1, 1696
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     sw a1, 4(a2)
;;     lui a1, 24
;;     addiw a1, a1, 1697
;;     sw a1, 8(a2)
;;     lui a1, 24
;;     addiw a1, a1, 1698
;;     sw a1, 12(a2)
;;     lui a1, 24
;;     addiw a1, a1, 1699
;;     sw a1, 16(a2)
;;     li a2, 7
;;   L0:
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     sb a2, 0(a1)
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     lw a0, 4(s11)
;;     ret
;;   function 1
;;     li a2, 7
;;   L0:
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     sb a2, 0(a1)
;;     addiw a0, a0, -1
;;     bnez a0, L0
;;     lw a0, 0(s11)
;;     ret
;;   function 2
;;     mv a1, a0
;;     lui a0, 24
;;     addiw a0, a0, 1696
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     sw a0, 4(a2)
;;     lui a0, 24
;;     addiw a0, a0, 1697
;;     sw a0, 8(a2)
;;     lui a0, 24
;;     addiw a0, a0, 1698
;;     sw a0, 12(a2)
;;     li a2, 5
;;     li a3, 4
;;     li a4, 3
;;     li a5, 2
;;     li a6, 1
;;     li a7, 6
;;     li t0, 7
;;   L0:
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     sb t0, 0(a0)
;;     sb a7, 1(a0)
;;     sb a2, 2(a0)
;;     sb a3, 3(a0)
;;     sb a4, 4(a0)
;;     sb a5, 5(a0)
;;     sb a6, 6(a0)
;;     sb a5, 7(a0)
;;     sb a4, 8(a0)
;;     sb a3, 9(a0)
;;     sb a2, 10(a0)
;;     addiw a1, a1, -1
;;     bnez a1, L0
;;     lw a0, 4(s11)
;;     ret
;;   function 3
;;     mv a2, a0
;;     lui a0, 48
;;     addiw a0, a0, 513
;;     sw a0, 103(s11)
;;     li a3, 3
;;     auipc a4, 0
;;     addi a4, a4, 264
;;     li a0, 0
;;     addiw a2, a2, 1
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a1, 100(a1)
;;     li t2, 3
;;     sltu t6, a1, t2
;;     neg t6, t6
;;     xor t1, a1, t2
;;     and t1, t1, t6
;;     xor t2, t2, t1
;;     slli t2, t2, 2
;;     add t2, t2, a4
;;     lw t2, 0(t2)
;;     add t1, a4, t2
;;     jr t1
;;     addiw a0, a0, 5
;;     addiw a2, a2, 1
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a1, 100(a1)
;;     li t2, 3
;;     sltu t6, a1, t2
;;     neg t6, t6
;;     xor t1, a1, t2
;;     and t1, t1, t6
;;     xor t2, t2, t1
;;     slli t2, t2, 2
;;     add t2, t2, a4
;;     lw t2, 0(t2)
;;     add t1, a4, t2
;;     jr t1
;;     sw a0, 200(s11)
;;     sw a0, 204(s11)
;;     sw a0, 208(s11)
;;     sw a0, 212(s11)
;;     sw a0, 216(s11)
;;     slliw a0, a0, 1
;;     addiw a2, a2, 1
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a1, 100(a1)
;;     li t2, 3
;;     sltu t6, a1, t2
;;     neg t6, t6
;;     xor t1, a1, t2
;;     and t1, t1, t6
;;     xor t2, t2, t1
;;     slli t2, t2, 2
;;     add t2, t2, a4
;;     lw t2, 0(t2)
;;     add t1, a4, t2
;;     jr t1
;;     mulw a0, a0, a3
;;     addiw a2, a2, 1
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a1, 100(a1)
;;     li t2, 3
;;     sltu t6, a1, t2
;;     neg t6, t6
;;     xor t1, a1, t2
;;     and t1, t1, t6
;;     xor t2, t2, t1
;;     slli t2, t2, 2
;;     add t2, t2, a4
;;     lw t2, 0(t2)
;;     add t1, a4, t2
;;     jr t1
;;     ret
;;   function 4
;;     mv a1, a0
;;     sw a1, 103(s11)
;;     li a2, 3
;;     auipc a3, 0
;;     addi a3, a3, 112
;;     li a0, 0
;;   L0:
;;     li t2, 3
;;     sltu t6, a1, t2
;;     neg t6, t6
;;     xor t1, a1, t2
;;     and t1, t1, t6
;;     xor t2, t2, t1
;;     slli t2, t2, 2
;;     add t2, t2, a3
;;     lw t2, 0(t2)
;;     add t1, a3, t2
;;     jr t1
;;     addiw a0, a0, 5
;;     addiw a1, a1, -1
;;     bgez a1, L0
;;     j L1
;;     sw a0, 200(s11)
;;     sw a0, 204(s11)
;;     sw a0, 208(s11)
;;     sw a0, 212(s11)
;;     sw a0, 216(s11)
;;     slliw a0, a0, 1
;;     addiw a1, a1, -1
;;     bgez a1, L0
;;     j L1
;;     mulw a0, a0, a2
;;     addiw a1, a1, -1
;;     bgez a1, L0
;;   L1:
;;     ret
;;     nop
