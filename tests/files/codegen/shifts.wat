;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Shifts within sums, which have instructions in 64 bits, and within addresses, which wrap at 2^32.
(module
  (memory 1)
  (func (export "sum") (param i64 i64) (result i64)
    (i64.add (local.get 0) (i64.shl (local.get 1) (i64.const 3))))
  (func (export "extended") (param i64 i32) (result i64)
    (i64.add (i64.shl (i64.extend_i32_u (local.get 1)) (i64.const 2)) (local.get 0)))
  (func (export "unsigned") (param i64 i32) (result i64)
    (i64.add (local.get 0) (i64.extend_i32_u (local.get 1))))
  (func (export "element") (param i32 i32) (result i32)
    (i32.load offset=8 (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2)))))
  (func (export "fields") (param i64) (result i64)
    (i64.or (i64.and (i64.shr_u (local.get 0) (i64.const 20)) (i64.const 0xffff))
            (i64.shl (i64.extend_i32_u (i32.wrap_i64 (local.get 0))) (i64.const 16))))
  (func (export "bits") (param i64) (result i64)
    (i64.and (i64.shr_u (i64.or (i64.xor (local.get 0) (i64.const 0x100000)) (i64.const 0x400000000)) (i64.const 33)) (i64.const 1)))
  (func (export "clear") (param i64 i64) (result i64)
    (i64.and (i64.and (local.get 0) (i64.const 0xfffffffffffbffff)) (i64.xor (local.get 1) (i64.const -1))))
  (func (export "rotate") (param i32 i32) (result i32)
    (i32.add (i32.rotl (local.get 0) (local.get 1)) (i32.rotr (local.get 0) (i32.const 7))))
  (func (export "count") (param i64) (result i64) (i64.clz (local.get 0))))
;;! run: sum(1, 2) = 17
;;! run: extended(1, -1) = 17179869181
;;! run: unsigned(1, -1) = 4294967296
;;! run: element(4, 0x3fffffff) = 0
;;! run: fields(0x123456789) = 38780996751924
;;! run: bits(0x200000000) = 1
;;! run: clear(-1, 1) = -262146
;;! run: rotate(1, 31) = -2113929216
;;! run: count(1) = 63
;;= x64    rules: add_shifted, alu_plain, and_extends, alu_immediate, xor_inverts, shift_immediate, shift_cl, count, extend_unsigned, extend, load, return_
;;   function 0
;;     lea rax, [rdi + 8*rsi]
;;     ret
;;   function 1
;;     lea rax, [rdi + 4*rsi]
;;     ret
;;   function 2
;;     add rdi, rsi
;;     mov rax, rdi
;;     ret
;;   function 3
;;     lea eax, [rdi + 4*rsi]
;;     mov eax, dword ptr gs:[rax + 8]
;;     ret
;;   function 4
;;     mov rax, rdi
;;     shr rax, 20
;;     movzx eax, ax
;;     mov ecx, edi
;;     shl rcx, 16
;;     or rax, rcx
;;     ret
;;   function 5
;;     xor rdi, 1048576
;;     movabs rax, 17179869184
;;     or rdi, rax
;;     shr rdi, 33
;;     and rdi, 1
;;     mov rax, rdi
;;     ret
;;   function 6
;;     and rdi, -262145
;;     not rsi
;;     and rdi, rsi
;;     mov rax, rdi
;;     ret
;;   function 7
;;     mov rax, rdi
;;     mov rcx, rsi
;;     rol eax, cl
;;     ror edi, 7
;;     add eax, edi
;;     ret
;;   function 8
;;     mov r11d, 127
;;     bsr rax, rdi
;;     cmove rax, r11
;;     xor rax, 63
;;     ret
;;= riscv64    rules: plain_low, plain, bitwise_immediate, and_low_bits, shift_extended, shift_immediate, rotate, rotate_immediate, count, extend_unsigned, load, return_
;;   function 0
;;     slli a1, a1, 3
;;     add a0, a0, a1
;;     ret
;;   function 1
;;     slli a1, a1, 32
;;     srli a1, a1, 30
;;     add a0, a0, a1
;;     ret
;;   function 2
;;     slli a1, a1, 32
;;     srli a1, a1, 32
;;     add a0, a0, a1
;;     ret
;;   function 3
;;     slliw a1, a1, 2
;;     addw a0, a0, a1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lw a0, 8(a0)
;;     ret
;;   function 4
;;     srli a1, a0, 20
;;     slli a1, a1, 48
;;     srli a1, a1, 48
;;     slli a0, a0, 32
;;     srli a0, a0, 16
;;     or a0, a0, a1
;;     ret
;;   function 5
;;     lui a1, 256
;;     xor a0, a0, a1
;;     li a1, 1
;;     slli a1, a1, 34
;;     or a0, a0, a1
;;     srli a0, a0, 33
;;     andi a0, a0, 1
;;     ret
;;   function 6
;;     lui a2, 1048512
;;     addiw a2, a2, -1
;;     and a0, a0, a2
;;     not a1, a1
;;     and a0, a0, a1
;;     ret
;;   function 7
;;     neg a2, a1
;;     sllw a1, a0, a1
;;     srlw a2, a0, a2
;;     or a1, a1, a2
;;     srliw a2, a0, 7
;;     slliw a0, a0, 25
;;     or a0, a0, a2
;;     addw a0, a0, a1
;;     ret
;;   function 8
;;     mv a1, a0
;;     srli t1, a1, 1
;;     or a1, a1, t1
;;     srli t1, a1, 2
;;     or a1, a1, t1
;;     srli t1, a1, 4
;;     or a1, a1, t1
;;     srli t1, a1, 8
;;     or a1, a1, t1
;;     srli t1, a1, 16
;;     or a1, a1, t1
;;     srli t1, a1, 32
;;     or a1, a1, t1
;;     auipc t6, 0
;;     ld t6, 86(t6)
;;     srli t1, a1, 1
;;     and t1, t1, t6
;;     sub a1, a1, t1
;;     auipc t6, 0
;;     ld t6, 74(t6)
;;     and t1, a1, t6
;;     srli a1, a1, 2
;;     and a1, a1, t6
;;     add a1, a1, t1
;;     srli t1, a1, 4
;;     add a1, a1, t1
;;     auipc t6, 0
;;     ld t6, 56(t6)
;;     and a1, a1, t6
;;     auipc t6, 0
;;     ld t6, 52(t6)
;;     mul a1, a1, t6
;;     srli a1, a1, 56
;;     li t1, 64
;;     sub a1, t1, a1
;;     mv a0, a1
;;     ret
;;= riscv64+zba+zbb+zbs    rules: add_shifted, add_shifted_low, add_extended, plain_low, extract_bit, and_low_bits, single_bit, bitwise_inverted, plain, shift_extended, shift_immediate, rotate_zbb, rotate_immediate, count_zbb, load, return_
;;   function 0
;;     sh3add a0, a1, a0
;;     ret
;;   function 1
;;     sh2add.uw a0, a1, a0
;;     ret
;;   function 2
;;     add.uw a0, a1, a0
;;     ret
;;   function 3
;;     sh2add a0, a1, a0
;;     add.uw a0, a0, s11
;;     lw a0, 8(a0)
;;     ret
;;   function 4
;;     srli a1, a0, 20
;;     zext.h a1, a1
;;     slli.uw a0, a0, 16
;;     or a0, a0, a1
;;     ret
;;   function 5
;;     binvi a0, a0, 20
;;     bseti a0, a0, 34
;;     bexti a0, a0, 33
;;     ret
;;   function 6
;;     bclri a0, a0, 18
;;     andn a0, a0, a1
;;     ret
;;   function 7
;;     rolw a1, a0, a1
;;     roriw a0, a0, 7
;;     addw a0, a0, a1
;;     ret
;;   function 8
;;     clz a0, a0
;;     ret
