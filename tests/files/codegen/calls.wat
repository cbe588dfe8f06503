;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Calls: direct, through a table, in place of the caller, with results that no register is left for.
(module
  (type $unary (func (param i32) (result i32)))
  (table $t 2 funcref)
  (elem (table $t) (i32.const 0) func $inc)
  (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "twice") (param i32) (result i32) (i32.add (call $inc (local.get 0)) (local.get 0)))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect $t (type $unary) (local.get 0) (local.get 1)))
  (func (export "tail") (param i32) (result i32) (return_call $inc (local.get 0)))
  (func $nine (param i64) (result i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (local.get 0))
  (func (export "many") (param i64) (result i64)
    (call $nine (local.get 0))
    (i64.sub) (drop) (drop) (drop) (drop) (drop) (drop) (drop)))
;;! run: twice(20) = 41
;;! run: indirect(7, 0) = 8
;;! run: indirect(7, 1) = trap: uninitialized element
;;! run: indirect(7, 2) = trap: undefined element
;;! run: tail(1) = 2
;;! run: many(5) = 5
;;= x64    rules: alu_immediate, alu_plain, call, call_indirect, return_, tail_call
;;   function 0
;;     add edi, 1
;;     mov rax, rdi
;;     ret
;;   function 1
;;     mov qword ptr [rbp - 8], rbx
;;     mov rbx, rdi
;;     mov rdi, rbx
;;     call function0
;;     add eax, ebx
;;     mov rbx, qword ptr [rbp - 8]
;;     ret
;;   function 2
;;     mov rax, qword ptr [r14 + table0.record]
;;     mov rcx, qword ptr [r14 + table0.base]
;;     cmp esi, dword ptr [rax + 8]
;;     jae L2
;;     sbb r11d, r11d
;;     and esi, r11d
;;     lea rax, [rsi + 2*rsi]
;;     lea rax, [rcx + 8*rax]
;;     mov r11d, dword ptr [r14 + signature0]
;;     cmp r11d, dword ptr [rax + 16]
;;     jne L0
;;     mov r10, rax
;;     call qword ptr [r10]
;;     ret
;;   L0:
;;     cmp dword ptr [rax + 20], 0
;;     je L1
;;     ud2
;;   L1:
;;     ud2
;;   L2:
;;     ud2
;;   function 3
;;     jmp function0
;;   function 4
;;     mov rax, rsi
;;     mov qword ptr [rdi], 7
;;     mov qword ptr [rdi + 8], rax
;;     mov r9d, 6
;;     mov r8d, 5
;;     mov edi, 4
;;     mov esi, 3
;;     mov edx, 2
;;     mov ecx, 1
;;     ret
;;   function 5
;;     mov rsi, rdi
;;     lea rdi, [rsp]
;;     call function4
;;     ret
;;= riscv64    rules: add_immediate, plain_low, call, call_indirect, return_, tail_call
;;   function 0
;;     addiw a0, a0, 1
;;     ret
;;   function 1
;;     sd s2, 8(sp)
;;     mv s2, a0
;;     mv a0, s2
;;     auipc ra, function0
;;     jalr ra
;;     addw a0, s2, a0
;;     ld s2, 8(sp)
;;     ret
;;   function 2
;;     ld a2, table0.base(s1)
;;     ld a3, table0.record(s1)
;;     lw a3, 8(a3)
;;     bgeu a1, a3, L2
;;     sltu a3, a1, a3
;;     neg a3, a3
;;     and a1, a1, a3
;;     slli a3, a1, 1
;;     add a1, a1, a3
;;     slli a1, a1, 3
;;     add t3, a1, a2
;;     lw a1, signature0(s1)
;;     lw t6, 16(t3)
;;     bne a1, t6, L0
;;     ld t2, 0(t3)
;;     jalr t2
;;     ret
;;   L0:
;;     lw t2, 20(t3)
;;     beqz t2, L1
;;     unimp
;;   L1:
;;     unimp
;;   L2:
;;     unimp
;;   function 3
;;     auipc t6, function0
;;     jr t6
;;   function 4
;;     mv t2, a1
;;     mv a1, a0
;;     mv a0, t2
;;     sd a0, 0(a1)
;;     li a7, 7
;;     li a6, 6
;;     li a5, 5
;;     li a4, 4
;;     li a3, 3
;;     li a2, 2
;;     li a1, 1
;;     ret
;;   function 5
;;     mv a1, a0
;;     mv a0, sp
;;     auipc ra, function4
;;     jalr ra
;;     ret
;;= riscv64+zba+zbb+zbs    rules: add_immediate, plain_low, call, call_indirect, return_, tail_call
;;   function 0
;;     addiw a0, a0, 1
;;     ret
;;   function 1
;;     sd s2, 8(sp)
;;     mv s2, a0
;;     mv a0, s2
;;     auipc ra, function0
;;     jalr ra
;;     addw a0, s2, a0
;;     ld s2, 8(sp)
;;     ret
;;   function 2
;;     ld a2, table0.base(s1)
;;     ld a3, table0.record(s1)
;;     lw a3, 8(a3)
;;     bgeu a1, a3, L2
;;     sltu a3, a1, a3
;;     neg a3, a3
;;     and a1, a1, a3
;;     sh1add a1, a1, a1
;;     sh3add t3, a1, a2
;;     lw a1, signature0(s1)
;;     lw t6, 16(t3)
;;     bne a1, t6, L0
;;     ld t2, 0(t3)
;;     jalr t2
;;     ret
;;   L0:
;;     lw t2, 20(t3)
;;     beqz t2, L1
;;     unimp
;;   L1:
;;     unimp
;;   L2:
;;     unimp
;;   function 3
;;     auipc t6, function0
;;     jr t6
;;   function 4
;;     mv t2, a1
;;     mv a1, a0
;;     mv a0, t2
;;     sd a0, 0(a1)
;;     li a7, 7
;;     li a6, 6
;;     li a5, 5
;;     li a4, 4
;;     li a3, 3
;;     li a2, 2
;;     li a1, 1
;;     ret
;;   function 5
;;     mv a1, a0
;;     mv a0, sp
;;     auipc ra, function4
;;     jalr ra
;;     ret
