;; Puts a table back in place that build.mjs has rearranged so that it compresses well: see `fold` there.
(module
  (import "main" "memory" (memory 1))
  (global $scratch (mut i32) (i32.const 0))

  (func (export "unfold_table") (param $at i32) (param $rows i32) (param $width i32) (param $deltas i32)
    (local $column i32) (local $row i32) (local $from i32) (local $value i32) (local $last i32)
    (if (i32.eqz (global.get $scratch))
      (then (global.set $scratch (i32.shl (memory.grow (i32.const 3)) (i32.const 16)))))
    (memory.copy (global.get $scratch) (local.get $at) (i32.mul (local.get $rows) (local.get $width)))
    (loop $columns
      (local.set $from (i32.add (global.get $scratch) (i32.mul (local.get $column) (local.get $rows))))
      (local.set $row (i32.const 0))
      (local.set $last (i32.const 0))
      (loop $rows_of_column
        (local.set $value
          (i32.or
            (i32.load8_u (i32.add (local.get $from) (local.get $row)))
            (i32.shl (i32.load8_u (i32.add (i32.add (local.get $from) (local.get $rows)) (local.get $row))) (i32.const 8))))
        (if (local.get $deltas)
          (then
            (local.set $value
              (i32.xor (i32.shr_u (local.get $value) (i32.const 1))
                (i32.sub (i32.const 0) (i32.and (local.get $value) (i32.const 1)))))
            (local.set $value (i32.add (local.get $last) (local.get $value)))
            (local.set $last (local.get $value))))
        (i32.store16
          (i32.add (local.get $at) (i32.add (i32.mul (local.get $row) (local.get $width)) (local.get $column)))
          (local.get $value))
        (br_if $rows_of_column
          (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $rows))))
      (br_if $columns
        (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 2))) (local.get $width))))))
