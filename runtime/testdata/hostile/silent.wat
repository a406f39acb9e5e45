;; A rule module that says nothing: what surrounds it is what matters.
(include "rule.wat")
(func (export "lotse_evaluate") (param $length i32) (result i32) (i32.const 0))
