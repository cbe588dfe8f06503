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
  (func (export "quotient") (param i32) (result i32)
    (i32.add (i32.div_u (local.get 0) (i32.const 97)) (i32.rem_s (local.get 0) (i32.const -10)))))
;;! run: fields(100, 3) = 16
;;! run: fields(100, 104) = 111
;;! run: fields(100, 108) = 11665
;;! run: fields(65532, 1) = trap: out of bounds memory access
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
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i64 = extend_u v0
;;     v2: i64 = const 1372618415
;;     v3: i64 = imul v1, v2
;;     v4: i64 = const 32
;;     v5: i64 = ishr_u v3, v4
;;     v6: i32 = wrap v5
;;     v7: i32 = isub v0, v6
;;     v8: i32 = const 1
;;     v9: i32 = ishr_u v7, v8
;;     v10: i32 = iadd v6, v9
;;     v11: i32 = const 6
;;     v12: i32 = ishr_u v10, v11
;;     v13: i32 = const 31
;;     v14: i32 = ishr_s v0, v13
;;     v15: i64 = extend_s v0
;;     v16: i64 = const 3435973837
;;     v17: i64 = imul v15, v16
;;     v18: i64 = const 35
;;     v19: i64 = ishr_s v17, v18
;;     v20: i32 = wrap v19
;;     v21: i32 = isub v20, v14
;;     v22: i32 = const 10
;;     v23: i32 = imul v21, v22
;;     v24: i32 = isub v0, v23
;;     v25: i32 = iadd v12, v24
;;     return v25
