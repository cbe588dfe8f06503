;;! test: ir, run
;; A rule of fold.cpp each; tests/translate/fold_test.cpp checks their truth.
(module
  (memory 1)
  (func (export "chains") (param i32) (result i32)
    (i32.add (i32.sub (i32.add (i32.const 10) (local.get 0)) (i32.const 3)) (i32.const -2)))
  (func (export "powers") (param i32) (result i32)
    (i32.add
      (i32.mul (local.get 0) (i32.const 8))
      (i32.add (i32.div_u (local.get 0) (i32.const 4)) (i32.rem_u (local.get 0) (i32.const 16)))))
  (func (export "extensions") (param i32) (result i64)
    (i64.extend_i32_s
      (i32.wrap_i64 (i64.extend_i32_u (i32.shr_s (i32.shl (local.get 0) (i32.const 24)) (i32.const 24))))))
  (func (export "masks") (param i32) (result i32)
    (i32.and (i32.shr_u (i32.shl (local.get 0) (i32.const 16)) (i32.const 16)) (i32.const 0xff))
    (i32.add (i32.and (i32.load8_u (local.get 0)) (i32.const 255))))
  (func (export "conditions") (param i32 i32) (result i32)
    (if (i32.eqz (i32.eqz (i32.lt_s (local.get 0) (local.get 1)))) (then (return (i32.const 1))))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 2))))
    (select (i32.const 3) (i32.const 4) (i32.eqz (local.get 1))))
  (func (export "unordered") (param f64 f64) (result i32)
    (i32.eqz (f64.lt (local.get 0) (local.get 1))))
  (func (export "constants") (result f64)
    (f64.mul (f64.add (f64.const 1.5) (f64.const 2)) (f64.convert_i32_u (i32.const -1))))
  (func (export "nan") (result f64)
    (f64.div (f64.const 0) (f64.const 0)))
  (func (export "trap") (result i32)
    (i32.div_s (i32.const 0x80000000) (i32.const -1))))
;;! run: chains(1) = 6
;;! run: powers(37) = 310
;;! run: extensions(0xff) = -1
;;! run: masks(0x1234) = 0x34
;;! run: conditions(1, 2) = 1
;;! run: conditions(0, 0) = 2
;;! run: conditions(2, 0) = 3
;;! run: conditions(3, 1) = 4
;;! run: unordered(1, 2) = 0
;;! run: unordered(nan, 2) = 1
;;! run: constants() = 15032385532.5
;;! run: trap() = trap: integer overflow
;;= ir
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 5
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 3
;;     v2: i32 = ishl v0, v1
;;     v3: i32 = const 2
;;     v4: i32 = ishr_u v0, v3
;;     v5: i32 = const 15
;;     v6: i32 = iand v0, v5
;;     v7: i32 = iadd v4, v6
;;     v8: i32 = iadd v2, v7
;;     return v8
;;   function 2 (i32) -> (i64)
;;   block0(v0: i32):
;;     v1: i32 = iextend8_s v0
;;     v2: i64 = extend_s v1
;;     return v2
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 255
;;     v2: i32 = iand v0, v1
;;     v3: i32 = load8_u memory0[v0]
;;     v4: i32 = iadd v2, v3
;;     return v4
;;   function 4 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = icmp.lt_s v0, v1
;;     branch v2, block1, block2
;;   block1:
;;     v4: i32 = const 1
;;     return v4
;;   block2:
;;     branch v0, block4, block3
;;   block3:
;;     v7: i32 = const 2
;;     return v7
;;   block4:
;;     v9: i32 = const 3
;;     v10: i32 = const 4
;;     v11: i32 = select v10, v9, v1
;;     return v11
;;   function 5 (f64, f64) -> (i32)
;;   block0(v0: f64, v1: f64):
;;     v2: i32 = fcmp.lt_s v0, v1
;;     v3: i32 = const 0
;;     v4: i32 = icmp.eq v2, v3
;;     return v4
;;   function 6 () -> (f64)
;;   block0:
;;     v0: f64 = const 0x420bffffffe40000
;;     return v0
;;   function 7 () -> (f64)
;;   block0:
;;     v0: f64 = const 0x0
;;     v1: f64 = fdiv v0, v0
;;     return v1
;;   function 8 () -> (i32)
;;   block0:
;;     v0: i32 = const -2147483648
;;     v1: i32 = const -1
;;     v2: i32 = idiv_s v0, v1
;;     return v2
