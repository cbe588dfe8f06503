;;! test: ir, run
;; Calls with no, one and more results, through tables, and in place of the caller's frame.
(module
  (type $unary (func (param i32) (result i32)))
  (table $t 4 funcref)
  (elem (table $t) (i32.const 0) func $inc $pair)
  (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $pair (param i32) (result i32 i64) (local.get 0) (i64.extend_i32_u (local.get 0)))
  (func (export "sum") (param i32) (result i64) (local i64)
    (call $pair (call $inc (local.get 0)))
    (local.set 1)
    (i64.add (i64.extend_i32_s) (local.get 1)))
  (func (export "indirect") (param i32 i32) (result i32)
    (call_indirect $t (type $unary) (local.get 0) (local.get 1)))
  (func (export "tail") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return_call $inc (i32.const 99))))
    (return_call_indirect $t (type $unary) (local.get 0) (i32.const 0)))
  (func (export "references") (param i32) (result i32)
    (table.set $t (i32.const 3) (ref.func $inc))
    (i32.add
      (ref.is_null (table.get $t (local.get 0)))
      (table.size $t))))
;;! run: sum(4) = 10
;;! run: indirect(7, 0) = 8
;;! run: indirect(7, 1) = trap: indirect call type mismatch
;;! run: indirect(7, 2) = trap: uninitialized element
;;! run: indirect(7, 4) = trap: undefined element
;;! run: tail(0) = 100
;;! run: tail(5) = 6
;;! run: references(2) = 5
;;! run: references(3) = 4
;;! run: references(4) = trap: out of bounds table access
;;= ir
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 1 (i32) -> (i32, i64)
;;   block0(v0: i32):
;;     v1: i64 = extend_u v0
;;     return v0, v1
;;   function 2 (i32) -> (i64)
;;   block0(v0: i32):
;;     v1: i32 = call 0(v0)
;;     v2: i32 = call 1(v1)
;;     v3: i64 = call_result v2, 1
;;     v4: i64 = extend_s v2
;;     v5: i64 = iadd v3, v4
;;     return v5
;;   function 3 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = call_indirect v1, type 0, table 0 (v0)
;;     return v2
;;   function 4 (i32) -> (i32)
;;   block0(v0: i32):
;;     branch v0, block2, block1
;;   block1:
;;     v2: i32 = const 99
;;     return_call 0(v2)
;;   block2:
;;     v4: i32 = const 0
;;     return_call_indirect v4, type 0, table 0 (v0)
;;   function 5 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 3
;;     v2: ref = ref_func 0
;;     v3: i32 = const 0
;;     call_builtin table_set(v3, v1, v2)
;;     v5: ref = table_get 0, v0
;;     v6: ref = const 0x0
;;     v7: i32 = icmp.eq v5, v6
;;     v8: i32 = table_size 0
;;     v9: i32 = iadd v7, v8
;;     return v9
