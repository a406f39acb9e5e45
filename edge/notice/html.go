package notice

import (
	"fmt"
	"html"
	"strings"
)

// HTML writes documents as one page without scripts and without anything from elsewhere.
func HTML(documents []Document) string {
	var b strings.Builder
	language, title := German, ""
	if len(documents) > 0 {
		language, title = documents[0].Language, documents[0].Title
	}
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n", language, html.EscapeString(title))
	b.WriteString("<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}" +
		"table{border-collapse:collapse}th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top}</style>\n</head>\n<body>\n")
	for i := range documents {
		documents[i].writeHTML(&b)
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

func (d *Document) writeHTML(b *strings.Builder) {
	element(b, "h1", d.Title)
	for i := range d.Sections {
		s := &d.Sections[i]
		element(b, "h2", s.Title)
		if s.Article != "" {
			element(b, "small", s.Article)
		}
		for _, block := range s.Blocks {
			switch {
			case block.Table != nil:
				b.WriteString("<table>\n")
				writeHTMLRow(b, "th", block.Table.Head)
				for _, row := range block.Table.Rows {
					writeHTMLRow(b, "td", row)
				}
				b.WriteString("</table>\n")
			case block.List != nil:
				b.WriteString("<ul>\n")
				for _, thing := range block.List {
					element(b, "li", thing)
				}
				b.WriteString("</ul>\n")
			default:
				element(b, "p", block.Text)
			}
		}
	}
}

func writeHTMLRow(b *strings.Builder, tag string, cells []string) {
	b.WriteString("<tr>")
	for _, c := range cells {
		fmt.Fprintf(b, "<%s>%s</%[1]s>", tag, html.EscapeString(c))
	}
	b.WriteString("</tr>\n")
}

func element(b *strings.Builder, tag, text string) {
	fmt.Fprintf(b, "<%s>%s</%[1]s>\n", tag, html.EscapeString(text))
}
