;;! test: ir, run
;; Accesses keep their offsets; what the runtime does is a call of it.
(module
  (memory $a 1 3)
  (memory $b 1)
  (data $d "abcd")
  (func (export "accesses") (param i32) (result i64)
    (i64.store32 offset=4 (local.get 0) (i64.const -2))
    (i32.store8 $b (local.get 0) (i32.const 200))
    (i64.add
      (i64.load32_s offset=4 (local.get 0))
      (i64.extend_i32_u (i32.load8_s $b (local.get 0)))))
  (func (export "far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
  (func (export "bulk") (result i32)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4))
    (memory.copy $b $a (i32.const 8) (i32.const 1) (i32.const 2))
    (memory.fill $a (i32.const 0) (i32.const 1) (i32.const 2))
    (data.drop $d)
    (i32.add (i32.load16_u $b (i32.const 8)) (i32.load (i32.const 0))))
  (func (export "grow") (param i32) (result i32 i32)
    (memory.grow (local.get 0))
    (memory.size)))
;;! run: accesses(8) = 4294967238
;;! run: accesses(-8) = trap: out of bounds memory access
;;! run: far(1) = trap: out of bounds memory access
;;! run: bulk() = 1684235363
;;! run: grow(2) = 1, 3
;;! run: grow(1) = -1, 3
;;= ir
;;   function 0 (i32) -> (i64)
;;   block0(v0: i32):
;;     v1: i64 = const -2
;;     store32 memory0[v0 + 4], v1
;;     v3: i32 = const 200
;;     store8 memory1[v0], v3
;;     v5: i64 = load32_s memory0[v0 + 4]
;;     v6: i32 = load8_s memory1[v0]
;;     v7: i64 = extend_u v6
;;     v8: i64 = iadd v5, v7
;;     return v8
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = load memory0[v0 + 4294967295]
;;     return v1
;;   function 2 () -> (i32)
;;   block0:
;;     v0: i32 = const 0
;;     v1: i32 = const 4
;;     call_builtin memory_init(v0, v0, v0, v0, v1)
;;     v3: i32 = const 8
;;     v4: i32 = const 1
;;     v5: i32 = const 2
;;     call_builtin memory_copy(v4, v0, v3, v4, v5)
;;     call_builtin memory_fill(v0, v0, v4, v5)
;;     call_builtin data_drop(v0)
;;     v9: i32 = load16_u memory1[v3]
;;     v10: i32 = load memory0[v0]
;;     v11: i32 = iadd v9, v10
;;     return v11
;;   function 3 (i32) -> (i32, i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     v2: i32 = call_builtin memory_grow(v1, v0)
;;     v3: i32 = memory_size 0
;;     return v2, v3
