package compile

// calendar is func(days, part) -> the part of the date that is so many days after 1970-01-01, for the years 1 to 9999. It
// counts in years that begin in March, so that the leap day is their last, and in eras of 400 years, which are all alike.
func (h *helpers) calendar() int {
	return h.function("calendar", []valueType{i64, i32}, i64, func(c *code) {
		const days, which = 0, 1
		era, yearOfEra, dayOfYear, month, day, year := c.local(i64), c.local(i64), c.local(i64), c.local(i64), c.local(i64), c.local(i64)
		dayOfEra := uint32(days)

		// Steps of a calculation on one number: what is on the stack, an operation and a constant or a local.
		by := func(op byte, v int64) {
			c.i64(v)
			c.op(op)
		}
		quotient := func(local uint32, v int64) {
			c.get(local)
			by(opI64DivS, v)
		}

		c.get(days) // from 0000-03-01 on, which no date lies before
		by(opI64Add, 719468)
		c.tee(days)
		by(opI64DivS, 146097)
		c.set(era)
		c.get(days)
		c.get(era)
		by(opI64Mul, 146097)
		c.op(opI64Sub)
		c.set(dayOfEra)

		c.get(dayOfEra) // without its leap days an era has 365 days a year
		quotient(dayOfEra, 1460)
		c.op(opI64Sub)
		quotient(dayOfEra, 36524)
		c.op(opI64Add)
		quotient(dayOfEra, 146096)
		c.op(opI64Sub)
		by(opI64DivS, 365)
		c.set(yearOfEra)

		c.get(dayOfEra)
		c.get(yearOfEra)
		by(opI64Mul, 365)
		c.op(opI64Sub)
		quotient(yearOfEra, 4)
		c.op(opI64Sub)
		quotient(yearOfEra, 100)
		c.op(opI64Add)
		c.set(dayOfYear)

		c.get(dayOfYear) // from March on, five months have 153 days
		by(opI64Mul, 5)
		by(opI64Add, 2)
		by(opI64DivS, 153)
		c.set(month)
		c.get(dayOfYear)
		c.get(month)
		by(opI64Mul, 153)
		by(opI64Add, 2)
		by(opI64DivS, 5)
		c.op(opI64Sub)
		c.set(day)
		c.get(month) // from here on from January, the first being 0
		by(opI64Add, 2)
		by(opI64RemS, 12)
		c.set(month)

		c.get(era)
		by(opI64Mul, 400)
		c.get(yearOfEra)
		c.op(opI64Add)
		c.get(month)
		by(opI64LtS, 2)
		c.op(opI64ExtendI32U, opI64Add)
		c.set(year)

		answer := func(part int32, value func()) {
			c.get(which)
			c.i32(part)
			c.op(opI32Eq)
			c.block(opIf)
			value()
			c.op(opReturn)
			c.end()
		}
		answer(partYear, func() { c.get(year) })
		answer(partMonth, func() { c.get(month) })
		answer(partDate, func() {
			c.get(day)
			by(opI64Add, 1)
		})
		answer(partDay, func() { c.get(day) })

		// The day of the year: January and February end the year that began in March.
		c.get(month)
		by(opI64LtS, 2)
		c.open(opIf, byte(i64))
		c.get(dayOfYear)
		by(opI64Sub, 306)
		c.op(opElse)
		c.get(dayOfYear)
		by(opI64Add, 59)
		divisible := func(v int64) {
			c.get(year)
			by(opI64RemS, v)
			c.op(opI64Eqz)
		}
		divisible(4)
		divisible(100)
		c.op(opI32Eqz)
		divisible(400)
		c.op(opI32Or, opI32And, opI64ExtendI32U, opI64Add)
		c.end()
	})
}
