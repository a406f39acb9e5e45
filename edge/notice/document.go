package notice

// Document is a notice or a record in one language: titles, paragraphs, lists and tables.
type Document struct {
	Kind     string    `json:"kind"` // "notice" or "record"
	Language Language  `json:"language"`
	Title    string    `json:"title"`
	Sections []Section `json:"sections"`
}

// Section is a part of a document under a title.
type Section struct {
	Title   string  `json:"title"`
	Article string  `json:"article,omitempty"` // that asks for it
	Blocks  []Block `json:"blocks"`
}

// Block is a paragraph, a list or a table: just one of the three.
type Block struct {
	Text  string   `json:"text,omitempty"`
	List  []string `json:"list,omitempty"`
	Table *Table   `json:"table,omitempty"`
}

// Table has a head and rows of the same width.
type Table struct {
	Head []string   `json:"head"`
	Rows [][]string `json:"rows"`
}

// The kinds of documents.
const (
	KindNotice = "notice"
	KindRecord = "record"
)

func (s *Section) text(t string)        { s.Blocks = append(s.Blocks, Block{Text: t}) }
func (s *Section) list(things []string) { s.Blocks = append(s.Blocks, Block{List: things}) }
func (s *Section) table(head []string, rows [][]string) {
	s.Blocks = append(s.Blocks, Block{Table: &Table{head, rows}})
}
