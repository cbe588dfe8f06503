; Two factors of a product of primes, by bit-blasting the multiplier.
(set-logic QF_BV)
(declare-const x (_ BitVec 40))
(declare-const y (_ BitVec 40))
(assert (bvult x #x0000100000))
(assert (bvult y #x0000100000))
(assert (bvult #x0000000001 x))
(assert (bvule x y))
(assert (= (bvmul x y) #xc5833f52f5))
(check-sat)

