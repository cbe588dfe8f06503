;;! test: run, codegen
;;! target: x64
;; Sums in addresses: they wrap at 2^32, as the address-size prefix has it, where the access has no offset of its own.
;; With an offset, of two uses, and where an immediate leaves no room, the sum is computed first.
(module
  (memory 1)
  (func (export "element") (param i32 i32) (result i32)
    (i32.load (i32.add (i32.add (local.get 0) (i32.const -4)) (i32.shl (local.get 1) (i32.const 2)))))
  (func (export "byte") (param i32 i32) (result i32)
    (i32.add (i32.load8_u (i32.add (local.get 0) (local.get 1))) (i32.load8_u (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "scaled") (param i32 i64) (i64.store (i32.shl (local.get 0) (i32.const 3)) (local.get 1)))
  (func (export "offset") (param i32 i32) (result i32) (i32.load offset=8 (i32.add (local.get 0) (local.get 1))))
  (func (export "twice") (param i32 i32)
    (i32.store (i32.add (local.get 0) (local.get 1))
      (i32.xor (i32.load (i32.add (local.get 0) (local.get 1))) (local.get 1))))
  (func (export "immediate") (param i32 i32) (i32.store (i32.add (local.get 0) (local.get 1)) (i32.const 3)))
  (data (i32.const 0) "\01\02\03\04\05\06\07\08\09\0a\0b\0c"))
;;! run: element(4, 1) = 0x08070605
;;! run: element(8, -1) = 0x04030201
;;! run: element(0, 0x40000001) = 0x04030201
;;! run: element(0, 0) = trap: out of bounds memory access
;;! run: byte(0xfffffff0, 19) = trap: out of bounds memory access
;;! run: byte(6, -4) = 9
;;! run: byte(1, -1) = 2
;;! run: scaled(0x20000000, 5) =
;;! run: scaled(0x1fffffff, 5) = trap: out of bounds memory access
;;! run: offset(0xfffffff8, 8) = 0x0c0b0a09
;;! run: offset(0xfffffff8, 0) = trap: out of bounds memory access
;;! run: twice(0xffffffff, 5) =
;;! run: immediate(0xffffffff, 5) =
;;= x64    rules: alu_plain, load, store_immediate, store_operation, store, return_
;;   function 0
;;     mov eax, dword ptr gs:[edi + 4*esi - 4]
;;     ret
;;   function 1
;;     movzx eax, byte ptr gs:[edi + esi]
;;     movzx ecx, byte ptr gs:[edi - 1]
;;     add eax, ecx
;;     ret
;;   function 2
;;     mov qword ptr gs:[8*edi], rsi
;;     ret
;;   function 3
;;     add edi, esi
;;     mov eax, dword ptr gs:[rdi + 8]
;;     ret
;;   function 4
;;     add edi, esi
;;     xor dword ptr gs:[rdi], esi
;;     ret
;;   function 5
;;     add edi, esi
;;     mov dword ptr gs:[rdi], 3
;;     ret
