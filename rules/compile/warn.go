package compile

func (f *file) warn() {}
