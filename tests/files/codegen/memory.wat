;;! test: run, codegen
;;! target: x64, riscv64, riscv64+zba+zbb+zbs
;; Loads and stores: widths, extensions, offsets that an instruction holds and that it does not.
(module
  (memory 1)
  (global $g (mut i64) (i64.const 7))
  (func (export "copy") (param i32 i32)
    (i64.store offset=8 (local.get 1) (i64.load (local.get 0))))
  (func (export "narrow") (param i32) (result i32)
    (i32.add (i32.load8_s (local.get 0)) (i32.load16_u offset=2 (local.get 0))))
  (func (export "far") (param i32) (result i64) (i64.load32_u offset=0x12345 (local.get 0)))
  (func (export "guard") (param i32) (result i32) (i32.load8_u offset=0xfffffff0 (local.get 0)))
  (func (export "constant") (result f64) (f64.load (i32.const 0x9000)))
  (func (export "low") (param i32 i64)
    (i32.store16 (local.get 0) (i32.wrap_i64 (local.get 1)))
    (i64.store8 offset=3000 (local.get 0) (local.get 1)))
  (func (export "zero") (param i32)
    (f64.store (local.get 0) (f64.const 0))
    (i32.store offset=16 (local.get 0) (i32.const 0)))
  (func (export "global") (param i32) (result i64)
    (global.set $g (i64.extend_i32_s (local.get 0)))
    (i64.add (global.get $g) (i64.extend_i32_u (memory.size)))))
;;! run: copy(0, 8) =
;;! run: narrow(100) = 0
;;! run: narrow(0xffffffff) = trap: out of bounds memory access
;;! run: far(0) = trap: out of bounds memory access
;;! run: guard(0x10) = trap: out of bounds memory access
;;! run: constant() = 0
;;! run: low(4, 0x12345) =
;;! run: zero(65529) = trap: out of bounds memory access
;;! run: global(-3) = -2
;;= x64    rules: alu_plain, extend, extend_unsigned, load, store_immediate, store, memory_size, global_get, global_set, return_
;;   function 0
;;     mov rax, qword ptr gs:[rdi]
;;     mov qword ptr gs:[rsi + 8], rax
;;     ret
;;   function 1
;;     movsx eax, byte ptr gs:[rdi]
;;     movzx ecx, word ptr gs:[rdi + 2]
;;     add eax, ecx
;;     ret
;;   function 2
;;     mov eax, dword ptr gs:[rdi + 74565]
;;     ret
;;   function 3
;;     mov eax, 4294967280
;;     lea rax, [rdi + rax]
;;     mov rcx, qword ptr [r14 + memory0.record]
;;     lea rdx, [rax + 1]
;;     cmp rdx, qword ptr [rcx + 8]
;;     ja L0
;;     movzx eax, byte ptr gs:[rax]
;;     ret
;;   L0:
;;     ud2
;;   function 4
;;     movsd xmm0, qword ptr gs:[36864]
;;     ret
;;   function 5
;;     mov eax, esi
;;     mov word ptr gs:[rdi], ax
;;     mov byte ptr gs:[rdi + 3000], sil
;;     ret
;;   function 6
;;     xorps xmm0, xmm0
;;     movsd qword ptr gs:[rdi], xmm0
;;     mov dword ptr gs:[rdi + 16], 0
;;     ret
;;   function 7
;;     movsxd rax, edi
;;     mov qword ptr [r14 + global0], rax
;;     mov rax, qword ptr [r14 + global0]
;;     mov rcx, qword ptr [r14 + memory0.record]
;;     mov rcx, qword ptr [rcx + 8]
;;     shr rcx, 16
;;     add rax, rcx
;;     ret
;;= riscv64    rules: plain_low, plain, extend_signed, extend_unsigned, load, store_zero, store, memory_size, global_get, global_set, return_
;;   function 0
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     ld a0, 0(a0)
;;     slli t2, a1, 32
;;     srli t2, t2, 32
;;     add a1, t2, s11
;;     sd a0, 8(a1)
;;     ret
;;   function 1
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lb a1, 0(a0)
;;     lhu a0, 2(a0)
;;     addw a0, a0, a1
;;     ret
;;   function 2
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     lui a1, 18
;;     add a0, a0, a1
;;     lwu a0, 837(a0)
;;     ret
;;   function 3
;;     ld a1, memory0.record(s1)
;;     ld a1, 8(a1)
;;     slli a2, a0, 32
;;     srli a2, a2, 32
;;     li a3, 1
;;     slli a3, a3, 32
;;     addi a3, a3, -15
;;     add a2, a2, a3
;;     bltu a1, a2, L0
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     li a1, 1
;;     slli a1, a1, 32
;;     add a0, a0, a1
;;     lbu a0, -16(a0)
;;     ret
;;   L0:
;;     unimp
;;   function 4
;;     lui a0, 9
;;     add a0, a0, s11
;;     fld fa0, 0(a0)
;;     ret
;;   function 5
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     sh a1, 0(a0)
;;     lui a2, 1
;;     add a0, a0, a2
;;     sb a1, -1096(a0)
;;     ret
;;   function 6
;;     slli t2, a0, 32
;;     srli t2, t2, 32
;;     add a0, t2, s11
;;     sd zero, 0(a0)
;;     sw zero, 16(a0)
;;     ret
;;   function 7
;;     sd a0, global0(s1)
;;     ld a0, global0(s1)
;;     ld a1, memory0.record(s1)
;;     ld a1, 8(a1)
;;     srli a1, a1, 16
;;     slli a1, a1, 32
;;     srli a1, a1, 32
;;     add a0, a0, a1
;;     ret
;;= riscv64+zba+zbb+zbs    rules: add_extended, plain_low, extend_signed, load, store_zero, store, memory_size, global_get, global_set, return_
;;   function 0
;;     add.uw a0, a0, s11
;;     ld a0, 0(a0)
;;     add.uw a1, a1, s11
;;     sd a0, 8(a1)
;;     ret
;;   function 1
;;     add.uw a0, a0, s11
;;     lb a1, 0(a0)
;;     lhu a0, 2(a0)
;;     addw a0, a0, a1
;;     ret
;;   function 2
;;     add.uw a0, a0, s11
;;     lui a1, 18
;;     add a0, a0, a1
;;     lwu a0, 837(a0)
;;     ret
;;   function 3
;;     ld a1, memory0.record(s1)
;;     ld a1, 8(a1)
;;     zext.w a2, a0
;;     li a3, -15
;;     zext.w a3, a3
;;     add a2, a2, a3
;;     bltu a1, a2, L0
;;     add.uw a0, a0, s11
;;     bseti a1, zero, 32
;;     add a0, a0, a1
;;     lbu a0, -16(a0)
;;     ret
;;   L0:
;;     unimp
;;   function 4
;;     lui a0, 9
;;     add a0, a0, s11
;;     fld fa0, 0(a0)
;;     ret
;;   function 5
;;     add.uw a0, a0, s11
;;     sh a1, 0(a0)
;;     lui a2, 1
;;     add a0, a0, a2
;;     sb a1, -1096(a0)
;;     ret
;;   function 6
;;     add.uw a0, a0, s11
;;     sd zero, 0(a0)
;;     sw zero, 16(a0)
;;     ret
;;   function 7
;;     sd a0, global0(s1)
;;     ld a0, global0(s1)
;;     ld a1, memory0.record(s1)
;;     ld a1, 8(a1)
;;     srli a1, a1, 16
;;     add.uw a0, a1, a0
;;     ret
