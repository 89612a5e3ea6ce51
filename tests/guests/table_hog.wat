;; Its execute grows a table until it is refused, and returns how far it got in thousands.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"name\":\"guest\",\"version\":\"1.0.0\"}")
  (func (export "init") (result i64) (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 34)))
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "dealloc") (param i32 i32))
  (table $t 1 funcref)
  (func (export "execute") (param i32 i32) (result i32)
    (loop $again
      (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    (i32.div_u (table.size $t) (i32.const 1000))))
