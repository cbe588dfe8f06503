;;! test: run, codegen
;;! target: riscv64, riscv64+zba
;; Sums of i32s of which only the low half is read: as addresses, in sums, stored, zero-extended. Where it is compared,
;; returned, handed to a block or sign-extended, its sign has to stand above it.
(module
  (memory 1)
  (data (i32.const 8) "\01\02\03\04\05\06\07\08")
  (func (export "element") (param i32 i32) (result i64)
    (i64.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3)))))
  (func (export "sum") (param i32 i32) (result i32)
    (i32.sub (i32.add (i32.shl (local.get 1) (i32.const 2)) (local.get 0)) (local.get 1)))
  (func (export "stored") (param i32 i32) (result i64)
    (i32.store (i32.const 32) (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 1))))
    (i64.load (i32.const 32)))
  (func (export "unsigned") (param i32 i32) (result i64)
    (i64.extend_i32_u (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3)))))
  (func (export "signed") (param i32 i32) (result i64)
    (i64.extend_i32_s (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3)))))
  (func (export "compared") (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3))))
    (i32.add (i32.lt_s (local.get 2) (i32.const 5)) (i32.load8_u (local.get 2))))
  (func (export "handed") (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3))))
    (i32.store8 (local.get 2) (i32.const 1))
    (if (local.get 0) (then (local.set 2 (i32.const 7))))
    (i32.div_s (local.get 2) (i32.const 2))))
;;! run: element(0, 1) = 0x0807060504030201
;;! run: element(0xfffffff8, 2) = 0x0807060504030201
;;! run: element(8, 0x20000000) = 0x0807060504030201
;;! run: element(0x80000000, 0) = trap: out of bounds memory access
;;! run: sum(0x7fffffff, 1) = 0x80000002
;;! run: sum(0, 0x40000000) = 0xc0000000
;;! run: stored(0x7fffffff, 1) = 0x80000001
;;! run: unsigned(0x7ffffff8, 1) = 0x80000000
;;! run: unsigned(8, 0x1fffffff) = 0
;;! run: signed(0x7ffffff8, 1) = 0xffffffff80000000
;;! run: signed(8, 0x1fffffff) = 0
;;! run: compared(8, 0x20000000) = 1
;;! run: compared(0xfffffff0, 2) = 1
;;! run: handed(0, 8) = 32
;;! run: handed(0, 0x20000008) = 32
;;= riscv64    rules: plain_low, divide, shift_immediate, extend_signed, extend_unsigned, compare, load, store, jump, branch, return_
;;   function 0
;;     slliw a1, a1, 3
;;     addw a0, a0, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     ld a0, 0(a0)
;;     ret
;;   function 1
;;     slliw a2, a1, 2
;;     addw a0, a0, a2
;;     subw a0, a0, a1
;;     ret
;;   function 2
;;     slliw a1, a1, 1
;;     addw a0, a0, a1
;;     sw a0, 32(s11)
;;     ld a0, 32(s11)
;;     ret
;;   function 3
;;     slliw a1, a1, 3
;;     addw a0, a0, a1
;;     slli a0, a0, 32
;;     srli a0, a0, 32
;;     ret
;;   function 4
;;     slliw a1, a1, 3
;;     addw a0, a0, a1
;;     ret
;;   function 5
;;     slliw a1, a1, 3
;;     addw a0, a0, a1
;;     slti a1, a0, 5
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a0, 0(a0)
;;     addw a0, a0, a1
;;     ret
;;   function 6
;;     slliw a1, a1, 3
;;     addw a1, a1, a0
;;     li a2, 1
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a3, t2, s11
;;     sb a2, 0(a3)
;;     beqz a0, L0
;;     li a1, 7
;;   L0:
;;     li a0, 2
;;     divw a0, a1, a0
;;     ret
;;= riscv64+zba    rules: add_shifted_low, plain_low, divide, shift_immediate, extend_signed, extend_unsigned, compare, load, store, jump, branch, return_
;;   function 0
;;     sh3add a0, a1, a0
;;     add.uw a0, a0, s11
;;     ld a0, 0(a0)
;;     ret
;;   function 1
;;     sh2add a0, a1, a0
;;     subw a0, a0, a1
;;     ret
;;   function 2
;;     sh1add a0, a1, a0
;;     sw a0, 32(s11)
;;     ld a0, 32(s11)
;;     ret
;;   function 3
;;     sh3add a0, a1, a0
;;     zext.w a0, a0
;;     ret
;;   function 4
;;     slliw a1, a1, 3
;;     addw a0, a0, a1
;;     ret
;;   function 5
;;     slliw a1, a1, 3
;;     addw a0, a0, a1
;;     slti a1, a0, 5
;;     add.uw a0, a0, s11
;;     lbu a0, 0(a0)
;;     addw a0, a0, a1
;;     ret
;;   function 6
;;     slliw a1, a1, 3
;;     addw a1, a1, a0
;;     li a2, 1
;;     add.uw a3, a1, s11
;;     sb a2, 0(a3)
;;     beqz a0, L0
;;     li a1, 7
;;   L0:
;;     li a0, 2
;;     divw a0, a1, a0
;;     ret
