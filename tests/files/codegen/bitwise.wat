;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Bitwise operations: with loads as operands, inverted, with constants; products of 3, 5 and 9.
(module
  (memory 1)
  (data (i32.const 0) "\ff\ff\00\00\0f\00\00\00")
  (func (export "loads") (param i32) (result i32)
    (i32.xor (i32.or (i32.and (local.get 0) (i32.load (i32.and (local.get 0) (i32.const 4))))
                     (i32.load offset=4 (i32.and (local.get 0) (i32.const 8))))
             (i32.sub (local.get 0) (i32.load (i32.and (local.get 0) (i32.const 16))))))
  (func (export "loads2") (param i32) (result i32) (i32.xor (local.get 0) (i32.load (i32.and (local.get 0) (i32.const 4)))))
  (func (export "inverted") (param i32 i32) (result i32)
    (i32.or (i32.or (local.get 0) (i32.const 16)) (i32.xor (local.get 1) (i32.const -1))))
  (func (export "same") (param i64 i64) (result i64)
    (i64.xor (i64.xor (local.get 0) (local.get 1)) (i64.const -1)))
  (func (export "nine") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 9)))
  (func (export "rotate") (param i64) (result i64) (i64.rotl (local.get 0) (i64.const 60))))
;;! run: loads(255) = 240
;;! run: loads2(4) = 11
;;! run: inverted(1, 0xff) = -239
;;! run: same(5, 5) = -1
;;! run: nine(7) = 63
;;! run: rotate(16) = 1
;;= x64    rules: alu_load, mul_lea, alu_immediate, alu_plain, xor_inverts, shift_immediate, return_
;;   function 0
;;     mov rax, rdi
;;     and eax, 4
;;     mov rcx, rdi
;;     and ecx, dword ptr gs:[rax]
;;     mov rax, rdi
;;     and eax, 8
;;     or ecx, dword ptr gs:[rax + 4]
;;     mov rax, rdi
;;     and eax, 16
;;     sub edi, dword ptr gs:[rax]
;;     xor ecx, edi
;;     mov rax, rcx
;;     ret
;;   function 1
;;     mov rax, rdi
;;     and eax, 4
;;     xor edi, dword ptr gs:[rax]
;;     mov rax, rdi
;;     ret
;;   function 2
;;     or edi, 16
;;     not esi
;;     or edi, esi
;;     mov rax, rdi
;;     ret
;;   function 3
;;     xor rdi, rsi
;;     not rdi
;;     mov rax, rdi
;;     ret
;;   function 4
;;     lea rax, [rdi + 8*rdi]
;;     ret
;;   function 5
;;     rol rdi, 60
;;     mov rax, rdi
;;     ret
;;= riscv64    rules: plain_low, plain, bitwise_immediate, rotate_immediate, load, return_
;;   function 0
;;     andi a1, a0, 4
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lw a1, 0(a1)
;;     and a1, a1, a0
;;     andi a2, a0, 8
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     lw a2, 4(a2)
;;     or a1, a1, a2
;;     andi a2, a0, 16
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     lw a2, 0(a2)
;;     subw a0, a0, a2
;;     xor a0, a0, a1
;;     ret
;;   function 1
;;     andi a1, a0, 4
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lw a1, 0(a1)
;;     xor a0, a0, a1
;;     ret
;;   function 2
;;     ori a0, a0, 16
;;     not a1, a1
;;     or a0, a0, a1
;;     ret
;;   function 3
;;     xor a0, a0, a1
;;     not a0, a0
;;     ret
;;   function 4
;;     li a1, 9
;;     mul a0, a0, a1
;;     ret
;;   function 5
;;     srli a1, a0, 4
;;     slli a0, a0, 60
;;     or a0, a0, a1
;;     ret
;;= riscv64+zba+zbb+zbs    rules: plain_low, mul_shifted, bitwise_immediate, plain, bitwise_inverted, rotate_immediate, load, return_
;;   function 0
;;     andi a1, a0, 4
;;     add.uw a1, a1, s11
;;     lw a1, 0(a1)
;;     and a1, a1, a0
;;     andi a2, a0, 8
;;     add.uw a2, a2, s11
;;     lw a2, 4(a2)
;;     or a1, a1, a2
;;     andi a2, a0, 16
;;     add.uw a2, a2, s11
;;     lw a2, 0(a2)
;;     subw a0, a0, a2
;;     xor a0, a0, a1
;;     ret
;;   function 1
;;     andi a1, a0, 4
;;     add.uw a1, a1, s11
;;     lw a1, 0(a1)
;;     xor a0, a0, a1
;;     ret
;;   function 2
;;     ori a0, a0, 16
;;     orn a0, a0, a1
;;     ret
;;   function 3
;;     xnor a0, a0, a1
;;     ret
;;   function 4
;;     sh3add a0, a0, a0
;;     ret
;;   function 5
;;     rori a0, a0, 4
;;     ret
