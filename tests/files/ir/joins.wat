;;! test: ir, run
;; Joins take parameters for what differs between their edges, and for nothing else.
(module
  (func (export "max") (param i32 i32) (result i32)
    (if (result i32) (i32.gt_s (local.get 0) (local.get 1))
      (then (local.get 0))
      (else (local.get 1))))
  ;; Both arms assign the same constant: it is made again behind the join.
  (func (export "same") (param i32) (result i32) (local $x i32)
    (if (local.get 0)
      (then (local.set $x (i32.const 7)))
      (else (local.set $x (i32.const 7))))
    (local.get $x))
  ;; Without else what was before goes on.
  (func (export "abs") (param i32) (result i32)
    (if (i32.lt_s (local.get 0) (i32.const 0))
      (then (local.set 0 (i32.sub (i32.const 0) (local.get 0)))))
    (local.get 0))
  ;; The only edge is the jump in front of the end: the block goes on.
  (func (export "straight") (param i32) (result i32)
    (block $out (result i32)
      (block $in (br $in))
      (br $out (i32.add (local.get 0) (i32.const 1)))))
  ;; A block whose end nothing branches to costs nothing.
  (func (export "plain") (param i32) (result i32)
    (block (block (block (local.set 0 (i32.add (local.get 0) (i32.const 2))))))
    (local.get 0))
  ;; br_if in front of br: no block that only jumps.
  (func (export "two_ways") (param i32) (result i32)
    (block $a
      (block $b
        (br_if $a (i32.eqz (local.get 0)))
        (br $b))
      (return (i32.const 1)))
    (i32.const 0))
  (func (export "table") (param i32) (result i32)
    (block $c (result i32)
      (block $b (result i32)
        (block $a (result i32)
          (i32.const 10)
          (br_table $a $b $a $c (local.get 0)))
        (i32.add (i32.const 1)))
      (i32.add (i32.const 2)))))
;;! run: max(-1, 1) = 1
;;! run: max(5, 1) = 5
;;! run: same(0) = 7
;;! run: abs(-5) = 5
;;! run: abs(6) = 6
;;! run: straight(1) = 2
;;! run: plain(1) = 3
;;! run: two_ways(0) = 0
;;! run: two_ways(9) = 1
;;! run: table(0) = 13
;;! run: table(1) = 12
;;! run: table(2) = 13
;;! run: table(3) = 10
;;! run: table(-1) = 10
;;= ir
;;   function 0 (i32, i32) -> (i32)
;;   block0(v0: i32, v1: i32):
;;     v2: i32 = icmp.gt_s v0, v1
;;     branch v2, block1(v0), block1(v1)
;;   block1(v4: i32):
;;     return v4
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     branch v0, block1, block2
;;   block1:
;;     jump block3
;;   block2:
;;     jump block3
;;   block3:
;;     v4: i32 = const 7
;;     return v4
;;   function 2 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 0
;;     v2: i32 = icmp.lt_s v0, v1
;;     branch v2, block1, block2(v0)
;;   block1:
;;     v4: i32 = isub v1, v0
;;     jump block2(v4)
;;   block2(v6: i32):
;;     return v6
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 4 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 2
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 5 (i32) -> (i32)
;;   block0(v0: i32):
;;     branch v0, block1, block2
;;   block1:
;;     v2: i32 = const 1
;;     return v2
;;   block2:
;;     v4: i32 = const 0
;;     return v4
;;   function 6 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 10
;;     br_table v0, block1, block2(v1), block1, block3(v1)
;;   block1:
;;     v3: i32 = const 11
;;     jump block2(v3)
;;   block2(v5: i32):
;;     v6: i32 = const 2
;;     v7: i32 = iadd v5, v6
;;     jump block3(v7)
;;   block3(v9: i32):
;;     return v9
