;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Sums and products: with constants that fit and that do not, and of the low halves of i64s.
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "constants") (param i32) (result i32)
    (i32.xor (i32.add (local.get 0) (i32.const 2047)) (i32.mul (local.get 0) (i32.const 100000))))
  (func (export "subtract") (param i64) (result i64) (i64.sub (i64.sub (i64.const 0) (local.get 0)) (i64.const 2048)))
  (func (export "low") (param i64 i64) (result i32)
    (i32.mul (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1))))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "tenth") (param i64) (result i64) (i64.rem_u (local.get 0) (i64.const 10)))
  (func (export "extend") (param i32) (result i64)
    (i64.add (i64.extend_i32_s (local.get 0)) (i64.extend_i32_u (i32.extend8_s (local.get 0))))))
;;! run: add(0x7fffffff, 1) = -2147483648
;;! run: constants(3) = 302050
;;! run: subtract(5) = -2053
;;! run: low(0x1ffffffff, 0x200000003) = -3
;;! run: divide(0x80000000, -1) = trap: integer overflow
;;! run: divide(7, 0) = trap: integer divide by zero
;;! run: divide(-7, 2) = -3
;;! run: tenth(-1) = 5
;;! run: extend(-128) = 4294967040
;;= x64    rules: alu_immediate, alu_plain, sub_negate, mul_immediate, mul_plain, divide, extend, extend_unsigned, return_
;;   function 0
;;     add edi, esi
;;     mov rax, rdi
;;     ret
;;   function 1
;;     lea eax, [rdi + 2047]
;;     imul ecx, edi, 100000
;;     xor eax, ecx
;;     ret
;;   function 2
;;     neg rdi
;;     add rdi, -2048
;;     mov rax, rdi
;;     ret
;;   function 3
;;     mov eax, edi
;;     mov ecx, esi
;;     imul eax, ecx
;;     ret
;;   function 4
;;     mov rax, rdi
;;     test esi, esi
;;     je L0
;;     cdq
;;     idiv esi
;;     ret
;;   L0:
;;     ud2
;;   function 5
;;     mov rax, rdi
;;     mov ecx, 10
;;     xor edx, edx
;;     div rcx
;;     mov rax, rdx
;;     ret
;;   function 6
;;     movsxd rax, edi
;;     movsx ecx, dil
;;     add rax, rcx
;;     ret
;;= riscv64    rules: add_immediate, plain_low, plain, divide, extend_narrow, extend_signed, extend_unsigned, return_
;;   function 0
;;     addw a0, a0, a1
;;     ret
;;   function 1
;;     addiw a1, a0, 2047
;;     lui a2, 24
;;     addiw a2, a2, 1696
;;     mulw a0, a0, a2
;;     xor a0, a0, a1
;;     ret
;;   function 2
;;     neg a0, a0
;;     addi a0, a0, -2048
;;     ret
;;   function 3
;;     mulw a0, a0, a1
;;     ret
;;   function 4
;;     beqz a1, L1
;;     addi t6, a1, 1
;;     bnez t6, L0
;;     lui t6, 524288
;;     beq a0, t6, L2
;;   L0:
;;     divw a0, a0, a1
;;     ret
;;   L1:
;;     unimp
;;   L2:
;;     unimp
;;   function 5
;;     li a1, 10
;;     remu a0, a0, a1
;;     ret
;;   function 6
;;     mv a1, a0
;;     slli a0, a0, 56
;;     srai a0, a0, 56
;;     slli a0, a0, 32
;;     srli a0, a0, 32
;;     add a0, a0, a1
;;     ret
;;= riscv64+zba+zbb+zbs    rules: add_immediate, add_extended, plain_low, plain, divide, extend_narrow, extend_signed, return_
;;   function 0
;;     addw a0, a0, a1
;;     ret
;;   function 1
;;     addiw a1, a0, 2047
;;     lui a2, 24
;;     addiw a2, a2, 1696
;;     mulw a0, a0, a2
;;     xor a0, a0, a1
;;     ret
;;   function 2
;;     neg a0, a0
;;     addi a0, a0, -2048
;;     ret
;;   function 3
;;     mulw a0, a0, a1
;;     ret
;;   function 4
;;     beqz a1, L1
;;     addi t6, a1, 1
;;     bnez t6, L0
;;     lui t6, 524288
;;     beq a0, t6, L2
;;   L0:
;;     divw a0, a0, a1
;;     ret
;;   L1:
;;     unimp
;;   L2:
;;     unimp
;;   function 5
;;     li a1, 10
;;     remu a0, a0, a1
;;     ret
;;   function 6
;;     mv a1, a0
;;     sext.b a0, a0
;;     add.uw a0, a0, a1
;;     ret
