;;! test: ir, run
;; Where a condition is a constant, the code that it cuts off is not there, and neither are its edges.
(module
  (func (export "then") (param i32) (result i32)
    (if (result i32) (i32.const 1)
      (then (i32.add (local.get 0) (i32.const 1)))
      (else (loop (br 0)) (unreachable))))
  (func (export "else") (param i32) (result i32)
    (if (result i32) (i32.const 0)
      (then (block (br_if 0 (local.get 0)) (br 1 (i32.const 5))) (i32.const 6))
      (else (i32.add (local.get 0) (i32.const 2)))))
  (func (export "none") (param i32) (result i32)
    (if (i32.const 0) (then (local.set 0 (i32.const 9)) (return (local.get 0))))
    (local.get 0))
  (func (export "only_then") (param i32) (result i32)
    (if (i32.const 2) (then (local.set 0 (i32.const 9))))
    (local.get 0))
  (func (export "br_if") (param i32) (result i32)
    (block $out (result i32)
      (br_if $out (i32.const 3) (i32.const 1))
      (drop)
      (if (result i32) (local.get 0)
        (then (loop (result i32) (br_if 0 (local.get 0)) (br $out (i32.const 4))))
        (else (block (result i32) (br 0 (i32.const 8)))))
      (i32.add (i32.const 1))))
  (func (export "never") (param i32) (result i32)
    (block $out (result i32)
      (local.get 0)
      (br_if $out (i32.const 0))
      (i32.add (i32.const 1))))
  (func (export "table") (param i32) (result i32)
    (block $a
      (block $b
        (block $c (br_table $a $b $c (i32.sub (i32.const 5) (i32.const 4)))))
      (return (i32.const 20)))
    (i32.const 10))
  (func (export "forever_once") (result i32)
    (loop $l (result i32)
      (br_if $l (i32.eq (i32.const 1) (i32.const 2)))
      (i32.const 3))))
;;! run: then(1) = 2
;;! run: else(1) = 3
;;! run: none(1) = 1
;;! run: only_then(1) = 9
;;! run: br_if(1) = 3
;;! run: never(1) = 2
;;! run: table(0) = 20
;;! run: forever_once() = 3
;;= ir
;;   function 0 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 1 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 2
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 2 (i32) -> (i32)
;;   block0(v0: i32):
;;     return v0
;;   function 3 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 9
;;     return v1
;;   function 4 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 3
;;     return v1
;;   function 5 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 1
;;     v2: i32 = iadd v0, v1
;;     return v2
;;   function 6 (i32) -> (i32)
;;   block0(v0: i32):
;;     v1: i32 = const 20
;;     return v1
;;   function 7 () -> (i32)
;;   block0:
;;     jump block1
;;   block1:
;;     v1: i32 = const 3
;;     return v1
