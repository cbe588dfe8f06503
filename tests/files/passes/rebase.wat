;;! test: passes, run
;;! passes: number,prune,rebase,hoist,predict
;; A counter that is read behind its loop is told from its next value, unless the loop reads it behind its step, or the
;; step may not have run.
(module
  (memory 1)
  (data (i32.const 0) "\01\02\03\00\05")
  ;; The first place at or behind $at where there is 0.
  (func (export "zero") (param $at i32) (result i32) (local $next i32) (local $x i32)
    (loop $again
      (local.set $x (i32.load8_u (local.get $at)))
      (local.set $next (i32.add (local.get $at) (i32.const 1)))
      (if (local.get $x) (then (local.set $at (local.get $next)) (br $again))))
    (local.get $at))
  ;; The counter is read behind its step.
  (func (export "late") (param $at i32) (result i32) (local $next i32)
    (loop $again
      (local.set $next (i32.add (local.get $at) (i32.const 1)))
      (if (i32.load8_u (local.get $at)) (then (local.set $at (local.get $next)) (br $again))))
    (local.get $at))
  ;; One way out goes past the step.
  (func (export "early") (param $at i64) (param $n i64) (result i64)
    (block $out
      (loop $again
        (br_if $out (i64.eq (local.get $at) (local.get $n)))
        (local.set $at (i64.add (local.get $at) (i64.const 3)))
        (br $again)))
    (local.get $at)))
;;! run: zero(0) = 3
;;! run: zero(4) = 5
;;! run: late(1) = 3
;;! run: early(1, 7) = 7
;;= passes
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     jump block1(v0)
;;   loop to block2:
;;   block1(v3: i32):
;;     v4: i32 = load8_u memory0[v3]
;;     v5: i32 = iadd v3, v1
;;     branch v4, block1(v5), block2
;;   block2:
;;     v7: i32 = const -1
;;     v8: i32 = iadd v5, v7
;;     return v8
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     jump block1(v0)
;;   loop to block2:
;;   block1(v3: i32):
;;     v4: i32 = iadd v3, v1
;;     v5: i32 = load8_u memory0[v3]
;;     branch v5, block1(v4), block2
;;   block2:
;;     return v3
;;   function 2 (i64, i64) -> (i64)
;;   block0(v0: i64, v1: i64):
;;     v2: i64 = const 3
;;     jump block1(v0)
;;   loop to block3:
;;   block1(v4: i64):
;;     v5: i32 = icmp.eq v1, v4
;;     branch v5, block3, block2
;;   block2:
;;     v7: i64 = iadd v4, v2
;;     jump block1(v7)
;;   block3:
;;     return v4
