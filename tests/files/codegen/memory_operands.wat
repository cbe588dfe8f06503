;;! test: run, codegen, best
;;! target: x64, riscv64
;; Operations that read and write memory themselves on x86-64: what is stored where it was loaded, and what is compared.
(module
  (memory 1)
  (data (i32.const 0) "\07\00\00\00\fe\ff\00\00\09\00\00\00\00\00\00\00")
  (func (export "count") (param $a i32)
    (i32.store (local.get $a) (i32.add (i32.load (local.get $a)) (i32.const 1))))
  (func (export "add") (param $a i32) (param $x i32)
    (i32.store offset=8 (local.get $a) (i32.add (local.get $x) (i32.load offset=8 (local.get $a)))))
  (func (export "minus") (param $a i32) (param $x i32)
    (i32.store8 (local.get $a) (i32.sub (i32.load8_u (local.get $a)) (local.get $x))))
  ;; Not where the load is what is subtracted, where other bytes were read, or where the old value is wanted as well.
  (func (export "from") (param $a i32) (param $x i32)
    (i32.store (local.get $a) (i32.sub (local.get $x) (i32.load (local.get $a)))))
  (func (export "bytes") (param $a i32)
    (i32.store (local.get $a) (i32.or (i32.load8_u (local.get $a)) (i32.const 256))))
  (func (export "old") (param $a i32) (result i32) (local $x i32)
    (i32.store (local.get $a) (i32.add (local.tee $x (i32.load (local.get $a))) (i32.const 1)))
    (local.get $x))
  ;; What is stored in between may be the same bytes.
  (func (export "between") (param $a i32) (param $b i32) (local $x i32)
    (local.set $x (i32.add (i32.load (local.get $a)) (i32.const 1)))
    (i32.store (local.get $b) (i32.const 100))
    (i32.store (local.get $a) (local.get $x)))
  (func (export "mask16") (param $a i32)
    (i32.store16 (local.get $a) (i32.and (i32.load16_s (local.get $a)) (i32.const -16))))
  ;; Constants of 16 bits take decoders long.
  (func (export "mask_wide") (param $a i32)
    (i32.store16 (local.get $a) (i32.and (i32.load16_u (local.get $a)) (i32.const 0x0ff0))))
  (func (export "low") (param $a i32) (param $x i64)
    (i64.store32 (local.get $a) (i64.xor (i64.load32_u (local.get $a)) (local.get $x))))
  (func (export "long") (param $a i32)
    (i64.store (local.get $a) (i64.or (i64.load (local.get $a)) (i64.const 0x7000000000000))))
  (func (export "equal") (param $a i32) (param $x i32) (result i32)
    (if (result i32) (i32.eq (i32.load (local.get $a)) (local.get $x)) (then (i32.const 3)) (else (i32.const 4))))
  (func (export "less") (param $a i32) (param $x i32) (result i32)
    (if (result i32) (i32.lt_s (i32.load (local.get $a)) (local.get $x)) (then (i32.const 3)) (else (i32.const 4))))
  (func (export "constant") (param $a i32) (result i32)
    (if (result i32) (i32.gt_s (i32.load (local.get $a)) (i32.const 6)) (then (i32.const 3)) (else (i32.const 4))))
  ;; A byte's order among the extended ones is that of bytes without sign.
  (func (export "byte") (param $a i32) (result i32)
    (if (result i32) (i32.gt_s (i32.load8_u (local.get $a)) (i32.const 200)) (then (i32.const 3)) (else (i32.const 4))))
  (func (export "byte_wide") (param $a i32) (result i32)
    (if (result i32) (i32.gt_s (i32.load8_u (local.get $a)) (i32.const 256)) (then (i32.const 3)) (else (i32.const 4))))
  (func (export "signed_byte") (param $a i32) (result i32)
    (if (result i32) (i32.gt_s (i32.load8_s (local.get $a)) (i32.const 100)) (then (i32.const 3)) (else (i32.const 4))))
  (func (export "get") (param $a i32) (result i32) (i32.load (local.get $a))))
;;! run: get(0) = 7
;;! run: count(0) =
;;! run: get(0) = 8
;;! run: add(0, 5) =
;;! run: get(8) = 14
;;! run: minus(0, 9) =
;;! run: get(0) = 255
;;! run: from(0, 1) =
;;! run: get(0) = -254
;;! run: bytes(0) =
;;! run: get(0) = 258
;;! run: old(0) = 258
;;! run: get(0) = 259
;;! run: between(0, 0) =
;;! run: get(0) = 260
;;! run: between(0, 12) =
;;! run: get(0) = 261
;;! run: mask16(4) =
;;! run: get(4) = 0xfff0
;;! run: mask_wide(4) =
;;! run: get(4) = 0x0ff0
;;! run: low(0, -1) =
;;! run: get(0) = -262
;;! run: long(16) =
;;! run: get(20) = 0x70000
;;! run: equal(8, 14) = 3
;;! run: equal(8, 15) = 4
;;! run: less(8, 15) = 3
;;! run: less(8, -15) = 4
;;! run: less(0, 0) = 3
;;! run: constant(0) = 4
;;! run: constant(8) = 3
;;! run: byte(0) = 3
;;! run: byte(8) = 4
;;! run: byte_wide(0) = 4
;;! run: signed_byte(0) = 4
;;! run: count(65533) = trap: out of bounds memory access
;;! run: equal(-1, 0) = trap: out of bounds memory access
;;! run: byte(65536) = trap: out of bounds memory access
;;= x64    rules: alu_immediate, alu_load, load, store_immediate, store_operation, store, jump, branch, return_
;;   function 0
;;     add dword ptr gs:[rdi], 1
;;     ret
;;   function 1
;;     add dword ptr gs:[rdi + 8], esi
;;     ret
;;   function 2
;;     sub byte ptr gs:[rdi], sil
;;     ret
;;   function 3
;;     sub esi, dword ptr gs:[rdi]
;;     mov dword ptr gs:[rdi], esi
;;     ret
;;   function 4
;;     movzx eax, byte ptr gs:[rdi]
;;     or eax, 256
;;     mov dword ptr gs:[rdi], eax
;;     ret
;;   function 5
;;     mov eax, dword ptr gs:[rdi]
;;     lea ecx, [rax + 1]
;;     mov dword ptr gs:[rdi], ecx
;;     ret
;;   function 6
;;     mov eax, dword ptr gs:[rdi]
;;     add eax, 1
;;     mov dword ptr gs:[rsi], 100
;;     mov dword ptr gs:[rdi], eax
;;     ret
;;   function 7
;;     and word ptr gs:[rdi], -16
;;     ret
;;   function 8
;;     movzx eax, word ptr gs:[rdi]
;;     and eax, 4080
;;     mov word ptr gs:[rdi], ax
;;     ret
;;   function 9
;;     xor dword ptr gs:[rdi], esi
;;     ret
;;   function 10
;;     movabs rax, 1970324836974592
;;     or qword ptr gs:[rdi], rax
;;     ret
;;   function 11
;;     cmp esi, dword ptr gs:[rdi]
;;     jne L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 12
;;     cmp esi, dword ptr gs:[rdi]
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 13
;;     cmp dword ptr gs:[rdi], 6
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 14
;;     cmp byte ptr gs:[rdi], -56
;;     jbe L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 15
;;     movzx eax, byte ptr gs:[rdi]
;;     cmp eax, 256
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 16
;;     movsx eax, byte ptr gs:[rdi]
;;     cmp eax, 100
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 17
;;     mov eax, dword ptr gs:[rdi]
;;     ret
;;= best-x64    rules: alu_immediate, alu_load, load, store_immediate, store_operation, store, jump, branch, return_
;;   function 0
;;     add dword ptr gs:[rdi], 1
;;     ret
;;   function 1
;;     add dword ptr gs:[rdi + 8], esi
;;     ret
;;   function 2
;;     sub byte ptr gs:[rdi], sil
;;     ret
;;   function 3
;;     sub esi, dword ptr gs:[rdi]
;;     mov dword ptr gs:[rdi], esi
;;     ret
;;   function 4
;;     movzx eax, byte ptr gs:[rdi]
;;     or eax, 256
;;     mov dword ptr gs:[rdi], eax
;;     ret
;;   function 5
;;     mov eax, dword ptr gs:[rdi]
;;     lea ecx, [rax + 1]
;;     mov dword ptr gs:[rdi], ecx
;;     ret
;;   function 6
;;     mov eax, dword ptr gs:[rdi]
;;     add eax, 1
;;     mov dword ptr gs:[rsi], 100
;;     mov dword ptr gs:[rdi], eax
;;     ret
;;   function 7
;;     and word ptr gs:[rdi], -16
;;     ret
;;   function 8
;;     movzx eax, word ptr gs:[rdi]
;;     and eax, 4080
;;     mov word ptr gs:[rdi], ax
;;     ret
;;   function 9
;;     xor dword ptr gs:[rdi], esi
;;     ret
;;   function 10
;;     movabs rax, 1970324836974592
;;     or qword ptr gs:[rdi], rax
;;     ret
;;   function 11
;;     cmp esi, dword ptr gs:[rdi]
;;     jne L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 12
;;     cmp esi, dword ptr gs:[rdi]
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 13
;;     cmp dword ptr gs:[rdi], 6
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 14
;;     cmp byte ptr gs:[rdi], -56
;;     jbe L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 15
;;     movzx eax, byte ptr gs:[rdi]
;;     cmp eax, 256
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 16
;;     movsx eax, byte ptr gs:[rdi]
;;     cmp eax, 100
;;     jle L0
;;     mov eax, 3
;;     jmp L1
;;   L0:
;;     mov eax, 4
;;   L1:
;;     ret
;;   function 17
;;     mov eax, dword ptr gs:[rdi]
;;     ret
;;= riscv64    rules: add_immediate, plain_low, bitwise_immediate, plain, load, store, jump, branch, return_
;;   function 0
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a1, 0(a0)
;;     addiw a1, a1, 1
;;     sw a1, 0(a0)
;;     ret
;;   function 1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a2, 8(a0)
;;     addw a1, a1, a2
;;     sw a1, 8(a0)
;;     ret
;;   function 2
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a2, 0(a0)
;;     subw a1, a2, a1
;;     sb a1, 0(a0)
;;     ret
;;   function 3
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a2, 0(a0)
;;     subw a1, a1, a2
;;     sw a1, 0(a0)
;;     ret
;;   function 4
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a1, 0(a0)
;;     ori a1, a1, 256
;;     sw a1, 0(a0)
;;     ret
;;   function 5
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a1, 0(a0)
;;     addiw a2, a1, 1
;;     sw a2, 0(a0)
;;     mv a0, a1
;;     ret
;;   function 6
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a2, 0(a0)
;;     addiw a2, a2, 1
;;     li a3, 100
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     sw a3, 0(a1)
;;     sw a2, 0(a0)
;;     ret
;;   function 7
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lh a1, 0(a0)
;;     andi a1, a1, -16
;;     sh a1, 0(a0)
;;     ret
;;   function 8
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lhu a1, 0(a0)
;;     lui a2, 1
;;     addiw a2, a2, -16
;;     and a1, a1, a2
;;     sh a1, 0(a0)
;;     ret
;;   function 9
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lwu a2, 0(a0)
;;     xor a1, a1, a2
;;     sw a1, 0(a0)
;;     ret
;;   function 10
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     ld a1, 0(a0)
;;     li a2, 7
;;     slli a2, a2, 48
;;     or a1, a1, a2
;;     sd a1, 0(a0)
;;     ret
;;   function 11
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     bne a1, a0, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 12
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     bge a0, a1, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 13
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     li a1, 6
;;     bge a1, a0, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 14
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a0, 0(a0)
;;     li a1, 200
;;     bge a1, a0, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 15
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a0, 0(a0)
;;     li a1, 256
;;     bge a1, a0, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 16
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lb a0, 0(a0)
;;     li a1, 100
;;     bge a1, a0, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 17
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     ret
;;= best-riscv64    rules: add_immediate, plain_low, bitwise_immediate, plain, load, store, jump, branch, return_
;;   function 0
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lw a0, 0(a1)
;;     addiw a0, a0, 1
;;     sw a0, 0(a1)
;;     ret
;;   function 1
;;     mv a2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lw a0, 8(a1)
;;     addw a0, a0, a2
;;     sw a0, 8(a1)
;;     ret
;;   function 2
;;     mv a2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a0, 0(a1)
;;     subw a0, a0, a2
;;     sb a0, 0(a1)
;;     ret
;;   function 3
;;     mv a2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lw a0, 0(a1)
;;     subw a0, a2, a0
;;     sw a0, 0(a1)
;;     ret
;;   function 4
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lbu a0, 0(a1)
;;     ori a0, a0, 256
;;     sw a0, 0(a1)
;;     ret
;;   function 5
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     lw a0, 0(a2)
;;     addiw a1, a0, 1
;;     sw a1, 0(a2)
;;     ret
;;   function 6
;;     mv a2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a3, t2, s11
;;     lw a0, 0(a3)
;;     addiw a4, a0, 1
;;     li a1, 100
;;     slli t2, a2, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     sw a1, 0(a0)
;;     sw a4, 0(a3)
;;     ret
;;   function 7
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lh a0, 0(a1)
;;     andi a0, a0, -16
;;     sh a0, 0(a1)
;;     ret
;;   function 8
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     lhu a1, 0(a2)
;;     lui a0, 1
;;     addiw a0, a0, -16
;;     and a0, a0, a1
;;     sh a0, 0(a2)
;;     ret
;;   function 9
;;     mv a2, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     lwu a0, 0(a1)
;;     xor a0, a0, a2
;;     sw a0, 0(a1)
;;     ret
;;   function 10
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a2, t2, s11
;;     ld a1, 0(a2)
;;     li a0, 7
;;     slli a0, a0, 48
;;     or a0, a0, a1
;;     sd a0, 0(a2)
;;     ret
;;   function 11
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     bne a1, a0, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 12
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     bge a0, a1, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 13
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a1, 0(a0)
;;     li a0, 6
;;     bge a0, a1, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 14
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a1, 0(a0)
;;     li a0, 200
;;     bge a0, a1, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 15
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lbu a1, 0(a0)
;;     li a0, 256
;;     bge a0, a1, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 16
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lb a1, 0(a0)
;;     li a0, 100
;;     bge a0, a1, L0
;;     li a0, 3
;;     j L1
;;   L0:
;;     li a0, 4
;;   L1:
;;     ret
;;   function 17
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 0(a0)
;;     ret
