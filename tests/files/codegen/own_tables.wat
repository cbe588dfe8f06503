;;! test: run, best
;;! target: x64, riscv64+zba+zbb+zbs
;; By a table that the module has for itself a call does not compare whose function the element is. On riscv64 an index
;; beyond a table that cannot grow is held to its end, where no signature fits.
(module
  (type $t (func (param i32) (result i32)))
  (table $own 4 4 funcref)
  (table $shared (export "shared") 4 4 funcref)
  (elem (table $own) (i32.const 0) func $next)
  (elem (table $shared) (i32.const 0) func $next)
  (func $next (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "own") (param i32) (result i32) (call_indirect $own (type $t) (i32.const 41) (local.get 0)))
  (func (export "own_tail") (param i32) (result i32) (return_call_indirect $own (type $t) (i32.const 41) (local.get 0)))
  (func (export "shared_call") (param i32) (result i32) (call_indirect $shared (type $t) (i32.const 41) (local.get 0))))
;;! run: own(0) = 42
;;! run: own(3) = trap: uninitialized element
;;! run: own(4) = trap: undefined element
;;! run: own_tail(0) = 42
;;! run: own_tail(-1) = trap: undefined element
;;! run: shared_call(0) = 42
;;! run: shared_call(4) = trap: undefined element
;;= best-x64    rules: alu_immediate, call_indirect, return_, tail_call_indirect
;;   function 0
;;     add edi, 1
;;     mov rax, rdi
;;     ret
;;   function 1
;;     mov rcx, qword ptr [r14 + table0.base]
;;     cmp edi, 4
;;     jae L2
;;     sbb r11d, r11d
;;     and edi, r11d
;;     lea rax, [rdi + 2*rdi]
;;     lea rax, [rcx + 8*rax]
;;     mov r11d, dword ptr [r14 + signature0]
;;     cmp r11d, dword ptr [rax + 16]
;;     jne L0
;;     mov r10, rax
;;     mov edi, 41
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
;;   function 2
;;     mov rcx, qword ptr [r14 + table0.base]
;;     cmp edi, 4
;;     jae L2
;;     sbb r11d, r11d
;;     and edi, r11d
;;     lea rax, [rdi + 2*rdi]
;;     lea rax, [rcx + 8*rax]
;;     mov r11d, dword ptr [r14 + signature0]
;;     cmp r11d, dword ptr [rax + 16]
;;     jne L0
;;     mov r10, rax
;;     mov edi, 41
;;     jmp qword ptr [r10]
;;   L0:
;;     cmp dword ptr [rax + 20], 0
;;     je L1
;;     ud2
;;   L1:
;;     ud2
;;   L2:
;;     ud2
;;   function 3
;;     mov rcx, qword ptr [r14 + table1.base]
;;     cmp edi, 4
;;     jae L4
;;     sbb r11d, r11d
;;     and edi, r11d
;;     lea rax, [rdi + 2*rdi]
;;     lea rax, [rcx + 8*rax]
;;     mov r11d, dword ptr [r14 + signature0]
;;     cmp r11d, dword ptr [rax + 16]
;;     jne L2
;;     mov r10, rax
;;     mov edi, 41
;;     cmp r14, qword ptr [r10 + 8]
;;     jne L1
;;     call qword ptr [r10]
;;   L0:
;;     ret
;;   L1:
;;     mov r10d, dword ptr [r10 + 20]
;;     lea r10, [r10 + 2*r10]
;;     shl r10, 4
;;     mov r11, qword ptr [r14 + store]
;;     add r10, qword ptr [r11 + 32]
;;     call qword ptr [r10 + 16]
;;     jmp L0
;;   L2:
;;     cmp dword ptr [rax + 20], 0
;;     je L3
;;     ud2
;;   L3:
;;     ud2
;;   L4:
;;     ud2
;;= best-riscv64+zba+zbb+zbs    rules: add_immediate, call_indirect, return_, tail_call_indirect
;;   function 0
;;     addiw a0, a0, 1
;;     ret
;;   function 1
;;     mv a1, a0
;;     ld a2, table0.base(s1)
;;     li a0, 4
;;     minu a0, a1, a0
;;     sh1add a0, a0, a0
;;     sh3add t3, a0, a2
;;     lw a0, signature0(s1)
;;     lw t6, 16(t3)
;;     bne a0, t6, L0
;;     li a0, 41
;;     ld t2, 0(t3)
;;     jalr t2
;;     ret
;;   L0:
;;     lw t2, 20(t3)
;;     beqz t2, L2
;;     li t6, -1
;;     bne t2, t6, L1
;;     unimp
;;   L1:
;;     unimp
;;   L2:
;;     unimp
;;   function 2
;;     mv a1, a0
;;     ld a2, table0.base(s1)
;;     li a0, 4
;;     minu a0, a1, a0
;;     sh1add a0, a0, a0
;;     sh3add a1, a0, a2
;;     lw a0, signature0(s1)
;;     lw t6, 16(a1)
;;     bne a0, t6, L0
;;     mv t1, a1
;;     li a0, 41
;;     ld t2, 0(t1)
;;     mv t3, t1
;;     jr t2
;;   L0:
;;     lw t2, 20(a1)
;;     beqz t2, L2
;;     li t6, -1
;;     bne t2, t6, L1
;;     unimp
;;   L1:
;;     unimp
;;   L2:
;;     unimp
;;   function 3
;;     mv a1, a0
;;     ld a2, table1.base(s1)
;;     li a0, 4
;;     minu a0, a1, a0
;;     sh1add a0, a0, a0
;;     sh3add t3, a0, a2
;;     lw a0, signature0(s1)
;;     lw t6, 16(t3)
;;     bne a0, t6, L2
;;     li a0, 41
;;     ld t2, 8(t3)
;;     bne t2, s1, L1
;;     ld t2, 0(t3)
;;     jalr t2
;;   L0:
;;     ret
;;   L1:
;;     mv t1, t3
;;     lwu t1, 20(t1)
;;     slli t2, t1, 1
;;     add t1, t1, t2
;;     slli t1, t1, 4
;;     ld t2, store(s1)
;;     ld t2, 32(t2)
;;     add t1, t1, t2
;;     ld t2, 16(t1)
;;     jalr t2
;;     j L0
;;   L2:
;;     lw t2, 20(t3)
;;     beqz t2, L4
;;     li t6, -1
;;     bne t2, t6, L3
;;     unimp
;;   L3:
;;     unimp
;;   L4:
;;     unimp
