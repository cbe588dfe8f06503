;;! test: passes, run
;;! passes: number,prune
;; What is stored is known to the loads behind, up to the next store that may be there.
(module
  (memory 1)
  (global $a (mut i32) (i32.const 0))
  (func (export "fields") (param $p i32) (param $x i32) (result i32)
    (i32.store offset=4 (local.get $p) (local.get $x))
    (i32.store offset=8 (local.get $p) (i32.const 7))
    (global.set $a (i32.load offset=4 (local.get $p)))
    (i32.store8 (local.get $x) (i32.const 1))
    (i32.add (i32.mul (global.get $a) (i32.load offset=4 (local.get $p))) (i32.load offset=8 (local.get $p))))
  ;; The first two stores to $p + 4 and to $a go, whatever $x is. What a trap leaves behind is all that came before it.
  (func (export "overwritten") (param $p i32) (param $x i32) (result i32)
    (i64.store offset=8 (i32.const 512) (i64.const 1))
    (i64.store (local.get $p) (i64.const 8589934593))
    (i32.store offset=4 (local.get $p) (local.get $x))
    (global.set $a (local.get $p))
    (i32.store16 offset=6 (local.get $p) (i32.const 5))
    (global.set $a (i32.load (local.get $p)))
    (i32.store offset=4 (local.get $p) (i32.const 3))
    (i32.store offset=12 (i32.const 512) (i32.div_u (i32.const 12) (local.get $x)))
    (i32.store offset=12 (i32.const 512) (i32.load offset=4 (local.get $p)))
    (i32.add (global.get $a) (i32.load offset=12 (i32.const 512))))
  (func (export "left") (param $p i32) (result i32)
    (i32.add (i32.load (local.get $p)) (i32.add (i32.load offset=4 (local.get $p)) (global.get $a))))
  (func (export "quotient") (param i32) (result i32)
    (i32.add (i32.div_u (local.get 0) (i32.const 97)) (i32.rem_s (local.get 0) (i32.const -10)))))
;;! run: fields(100, 3) = 16
;;! run: fields(100, 104) = 111
;;! run: fields(100, 108) = 11665
;;! run: fields(65532, 1) = trap: out of bounds memory access
;;! run: overwritten(64, 9) = 4
;;! run: overwritten(64, 0) = trap: integer divide by zero
;;! run: left(64) = 5
;;! run: overwritten(65529, 1) = trap: out of bounds memory access
;;! run: quotient(1000) = 10
;;! run: quotient(-97) = 44278005
;;= passes
;;   function 0 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = const 7
;;     v3: i32 = const 1
;;     store memory0[v0 + 4], v1
;;     store memory0[v0 + 8], v2
;;     global_set 0, v1
;;     store8 memory0[v1], v3
;;     v8: i32 = load memory0[v0 + 4]
;;     v9: i32 = imul v1, v8
;;     v10: i32 = load memory0[v0 + 8]
;;     v11: i32 = iadd v9, v10
;;     return v11
;;   function 1 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = const 512
;;     v3: i64 = const 1
;;     v4: i64 = const 8589934593
;;     v5: i32 = const 3
;;     v6: i32 = const 12
;;     store memory0[v2 + 8], v3
;;     store memory0[v0], v4
;;     v9: i32 = load memory0[v0]
;;     global_set 0, v9
;;     store memory0[v0 + 4], v5
;;     v12: i32 = idiv_u v6, v1
;;     store memory0[v2 + 12], v12
;;     v14: i32 = load memory0[v0 + 4]
;;     store memory0[v2 + 12], v14
;;     v16: i32 = iadd v9, v14
;;     return v16
;;   function 2 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = load memory0[v0]
;;     v2: i32 = load memory0[v0 + 4]
;;     v3: i32 = global_get 0
;;     v4: i32 = iadd v2, v3
;;     v5: i32 = iadd v1, v4
;;     return v5
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i64 = extend_u v0
;;     v2: i64 = const 1
;;     v3: i64 = iadd v1, v2
;;     v4: i64 = const 2833792855
;;     v5: i64 = imul v3, v4
;;     v6: i64 = const 38
;;     v7: i64 = ishr_u v5, v6
;;     v8: i32 = wrap v7
;;     v9: i32 = const 31
;;     v10: i32 = ishr_s v0, v9
;;     v11: i64 = extend_s v0
;;     v12: i64 = const 3435973837
;;     v13: i64 = imul v11, v12
;;     v14: i64 = const 35
;;     v15: i64 = ishr_s v13, v14
;;     v16: i32 = wrap v15
;;     v17: i32 = isub v16, v10
;;     v18: i32 = const 10
;;     v19: i32 = imul v17, v18
;;     v20: i32 = isub v0, v19
;;     v21: i32 = iadd v8, v20
;;     return v21
