;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Comparisons: as values, in branches, selections and loops.
(module
  (func (export "flags") (param i32 i32) (result i32)
    (i32.add (i32.add (i32.eq (local.get 0) (i32.const 5)) (i32.ne (local.get 0) (local.get 1)))
             (i32.add (i32.le_s (local.get 0) (i32.const 9)) (i32.ge_u (local.get 0) (local.get 1)))))
  (func (export "smaller") (param i64 i64) (result i64)
    (select (local.get 0) (local.get 1) (i64.lt_s (local.get 0) (local.get 1))))
  (func (export "absolute") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 0))
      (then (i32.sub (i32.const 0) (local.get 0)))
      (else (local.get 0))))
  (func (export "power") (param $x i64) (param $n i32) (result i64) (local $r i64)
    (local.set $r (i64.const 1))
    (loop $again
      (if (local.get $n)
        (then
          (local.set $r (i64.mul (local.get $r) (local.get $x)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $again))))
    (local.get $r))
  (func (export "table") (param i32) (result i32)
    (block $two (block $one (block $zero
      (br_table $zero $one $two (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 11)))
    (i32.const 12)))
;;! run: flags(5, 6) = 3
;;! run: smaller(-1, 1) = -1
;;! run: absolute(-7) = 7
;;! run: power(3, 5) = 243
;;! run: table(0) = 10
;;! run: table(1) = 11
;;! run: table(-1) = 12
;;= x64    rules: alu_immediate, alu_plain, sub_negate, mul_plain, compare, select, jump, branch, branch_table, return_
;;   function 0
;;     cmp edi, 5
;;     sete al
;;     movzx eax, al
;;     cmp edi, esi
;;     setne cl
;;     movzx ecx, cl
;;     add eax, ecx
;;     cmp edi, 9
;;     setle cl
;;     movzx ecx, cl
;;     cmp edi, esi
;;     setae dl
;;     movzx edx, dl
;;     add ecx, edx
;;     add eax, ecx
;;     ret
;;   function 1
;;     cmp rdi, rsi
;;     cmovl rsi, rdi
;;     mov rax, rsi
;;     ret
;;   function 2
;;     mov rax, rdi
;;     test eax, eax
;;     jge L0
;;     neg eax
;;   L0:
;;     ret
;;   function 3
;;     mov eax, 1
;;   L0:
;;     test esi, esi
;;     je L1
;;     mov rcx, rdi
;;     imul rcx, rax
;;     add esi, -1
;;     mov rax, rcx
;;     jmp L0
;;   L1:
;;     ret
;;   function 4
;;     mov r11d, 2
;;     cmp edi, r11d
;;     cmovb r11d, edi
;;     lea r10, [rip + 28]
;;     movsxd r11, dword ptr [r10 + 4*r11]
;;     add r10, r11
;;     jmp r10
;;     mov eax, 10
;;     ret
;;     mov eax, 11
;;     ret
;;     mov eax, 12
;;     ret
;;= riscv64    rules: add_immediate, plain_low, plain, compare, select, jump, branch, branch_table, return_
;;   function 0
;;     xori a2, a0, 5
;;     seqz a2, a2
;;     xor a3, a0, a1
;;     snez a3, a3
;;     addw a2, a2, a3
;;     slti a3, a0, 10
;;     sltu a0, a0, a1
;;     xori a0, a0, 1
;;     addw a0, a0, a3
;;     addw a0, a0, a2
;;     ret
;;   function 1
;;     slt a2, a0, a1
;;     bnez a2, L0
;;     mv a0, a1
;;   L0:
;;     ret
;;   function 2
;;     bgez a0, L0
;;     negw a0, a0
;;   L0:
;;     ret
;;   function 3
;;     mv a2, a1
;;     li a1, 1
;;   L0:
;;     beqz a2, L1
;;     mul a3, a0, a1
;;     addiw a2, a2, -1
;;     mv a1, a3
;;     j L0
;;   L1:
;;     mv a0, a1
;;     ret
;;   function 4
;;     li t2, 2
;;     sltu t6, a0, t2
;;     neg t6, t6
;;     xor t1, a0, t2
;;     and t1, t1, t6
;;     xor t2, t2, t1
;;     auipc t1, 0
;;     addi t1, t1, 34
;;     slli t2, t2, 2
;;     add t2, t2, t1
;;     lw t2, 0(t2)
;;     add t1, t1, t2
;;     jr t1
;;     li a0, 10
;;     ret
;;     li a0, 11
;;     ret
;;     li a0, 12
;;     ret
;;     nop
;;= riscv64+zba+zbb+zbs    rules: add_immediate, plain_low, plain, compare, select_extreme, jump, branch, branch_table, return_
;;   function 0
;;     xori a2, a0, 5
;;     seqz a2, a2
;;     xor a3, a0, a1
;;     snez a3, a3
;;     addw a2, a2, a3
;;     slti a3, a0, 10
;;     sltu a0, a0, a1
;;     xori a0, a0, 1
;;     addw a0, a0, a3
;;     addw a0, a0, a2
;;     ret
;;   function 1
;;     min a0, a0, a1
;;     ret
;;   function 2
;;     bgez a0, L0
;;     negw a0, a0
;;   L0:
;;     ret
;;   function 3
;;     mv a2, a1
;;     li a1, 1
;;   L0:
;;     beqz a2, L1
;;     mul a3, a0, a1
;;     addiw a2, a2, -1
;;     mv a1, a3
;;     j L0
;;   L1:
;;     mv a0, a1
;;     ret
;;   function 4
;;     li t2, 2
;;     minu t2, a0, t2
;;     auipc t1, 0
;;     addi t1, t1, 34
;;     sh2add t2, t2, t1
;;     lw t2, 0(t2)
;;     add t1, t1, t2
;;     jr t1
;;     li a0, 10
;;     ret
;;     li a0, 11
;;     ret
;;     li a0, 12
;;     ret
;;     nop
