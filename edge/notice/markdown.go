package notice

import (
	"fmt"
	"strings"
)

// Markdown writes the document as Markdown with tables.
func (d *Document) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", escapeMarkdown(d.Title))
	for i := range d.Sections {
		s := &d.Sections[i]
		fmt.Fprintf(&b, "\n## %s\n", escapeMarkdown(s.Title))
		if s.Article != "" {
			fmt.Fprintf(&b, "\n*%s*\n", escapeMarkdown(s.Article))
		}
		for _, block := range s.Blocks {
			b.WriteByte('\n')
			switch {
			case block.Table != nil:
				writeRow(&b, block.Table.Head)
				b.WriteString(strings.Repeat("|---", len(block.Table.Head)) + "|\n")
				for _, row := range block.Table.Rows {
					writeRow(&b, row)
				}
			case block.List != nil:
				for _, thing := range block.List {
					fmt.Fprintf(&b, "- %s\n", escapeMarkdown(thing))
				}
			default:
				fmt.Fprintf(&b, "%s\n", escapeMarkdown(block.Text))
			}
		}
	}
	return b.String()
}

func writeRow(b *strings.Builder, cells []string) {
	for _, c := range cells {
		fmt.Fprintf(b, "| %s ", escapeMarkdown(c))
	}
	b.WriteString("|\n")
}

var markdownSigns = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "<", "\\<", ">", "\\>", "|", "\\|", "[", "\\[", "]", "\\]", "\n", " ",
)

// escapeMarkdown makes a text mean itself: a tenant's texts are no markup.
func escapeMarkdown(s string) string {
	s = markdownSigns.Replace(s)
	if strings.HasPrefix(s, "#") || strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		return "\\" + s
	}
	if digits := len(s) - len(strings.TrimLeft(s, "0123456789")); digits > 0 && strings.HasPrefix(s[digits:], ". ") {
		return s[:digits] + "\\" + s[digits:]
	}
	return s
}
