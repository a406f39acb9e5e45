package profile

// row is one key and its new value; no value removes the key.
type row struct{ key, value []byte }

// engine is what lies beneath the group committer: an ordered map of bytes on a disk. Badger is one, the tests have a plain
// map. It sees keys and rows only, and nothing of what they mean.
//
// apply has one caller at a time; the others any number, also beside apply. A reader sees all of an apply or nothing of it,
// and nothing of one that has not returned, or has failed.
type engine interface {
	// get appends the value of a key to dst.
	get(dst, key []byte) (value []byte, found bool, err error)
	// apply writes the rows at once or not at all, in order: the last row of a key wins. They are on the disk when it returns.
	apply(rows []row) error
	// scan visits the keys that begin with prefix, in order, or in falling order, until visit is false. It begins at from,
	// where from is not nil. Key and value are valid during the visit only.
	scan(prefix, from []byte, falling bool, visit func(key, value []byte) bool) error
	// drop removes every trace of the keys that begin with one of the prefixes. It may stop apply for seconds. Of a prefix
	// without a key that has a value it removes nothing.
	drop(prefixes [][]byte) error
	// bounds says how many rows, and bytes of rows, one apply may have.
	bounds() (rows, bytes int)
	close() error
}
