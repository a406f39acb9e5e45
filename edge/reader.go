package edge

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lotse-edge/lotse/rules"
)

// reader reads one JSON body strictly: names are unique, text is valid UTF-8, nothing follows the value, and each error
// carries the place as a JSON pointer. A reader belongs to one request, and is given back with release after it.
type reader struct {
	dec  jsontext.Decoder
	body bytes.Reader
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// maxReused is the longest body whose reader is used again: one giant must not keep its room for good.
const maxReused = 16 << 10

func newReader(body []byte) *reader {
	r := readers.Get().(*reader)
	r.body.Reset(body)
	r.dec.Reset(&r.body)
	return r
}

// release gives the reader back. Nothing of the body is in what was read: names and texts are copies.
func (r *reader) release() {
	if r.body.Size() > maxReused {
		return
	}
	r.body.Reset(nil)
	readers.Put(r)
}

// fail makes a problem at the value that was read last.
func (r *reader) fail(detail string) error { return invalidBody(place(r.dec.StackPointer()), detail) }

// tooMany makes a problem at the object or array whose member or element was read last.
func (r *reader) tooMany(detail string) error {
	return invalidBody(place(r.dec.StackPointer().Parent()), detail)
}

// place is a pointer without what is longer than a place can be: a name of many bytes is the client's text.
func place(p jsontext.Pointer) string {
	for len(p) > maxPointer {
		p = p.Parent()
	}
	return string(p)
}

// syntax turns the decoder's error into a problem, without the piece of the body that the error quotes.
func (r *reader) syntax(err error) error {
	var se *jsontext.SyntacticError
	if !errors.As(err, &se) {
		return invalidBody("", "The body ends before its value does.")
	}
	detail := "This is not valid JSON"
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		detail = "A name occurs twice in this object"
	case errors.Is(err, jsontext.ErrNonStringName):
		detail = "A name in this object is not a string"
	}
	return invalidBody(place(se.JSONPointer), detail+", at byte "+strconv.FormatInt(se.ByteOffset, 10)+".")
}

func (r *reader) token() (jsontext.Token, error) {
	t, err := r.dec.ReadToken()
	if err != nil {
		return t, r.syntax(err)
	}
	return t, nil
}

// object calls member for each name of an object; member must read the value.
func (r *reader) object(most int, member func(name string) error) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t.Kind() != '{' {
		return r.fail("An object is needed here.")
	}
	for n := 0; ; n++ {
		t, err := r.token()
		if err != nil {
			return err
		}
		if t.Kind() == '}' {
			return nil
		}
		if n >= most {
			return r.tooMany("This object has more than " + strconv.Itoa(most) + " members.")
		}
		name := t.String()
		if len(name) > maxName {
			return r.fail("A name in this object is longer than " + strconv.Itoa(maxName) + " bytes.")
		}
		if err := member(name); err != nil {
			return err
		}
	}
}

// array calls element for each element of an array; element must read the value.
func (r *reader) array(most int, element func() error) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t.Kind() != '[' {
		return r.fail("An array is needed here.")
	}
	for n := 0; r.dec.PeekKind() != ']'; n++ {
		if n >= most {
			return r.tooMany("This array has more than " + strconv.Itoa(most) + " elements.")
		}
		if err := element(); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// unknown refuses a name, with the nearest of those that are known.
func (r *reader) unknown(name string, known ...string) error {
	detail := "This member is not known here."
	if near := rules.Nearest(name, known); near != "" {
		detail += " Did you mean " + strconv.Quote(near) + "?"
	}
	return r.fail(detail)
}

// text reads a string of at most so many bytes.
func (r *reader) text(most int) (string, error) {
	t, err := r.token()
	if err != nil {
		return "", err
	}
	if t.Kind() != '"' {
		return "", r.fail("A string is needed here.")
	}
	s := t.String()
	if len(s) > most {
		return "", r.fail("This string is longer than " + strconv.Itoa(most) + " bytes.")
	}
	return s, nil
}

// name reads a string that names something: it is not empty.
func (r *reader) name(most int) (string, error) {
	s, err := r.text(most)
	if err == nil && s == "" {
		return "", r.fail("This string is empty.")
	}
	return s, err
}

func (r *reader) boolean() (bool, error) {
	t, err := r.token()
	if err != nil {
		return false, err
	}
	if k := t.Kind(); k != 't' && k != 'f' {
		return false, r.fail("true or false is needed here.")
	}
	return t.Bool(), nil
}

func (r *reader) number() (float64, error) {
	t, err := r.token()
	if err != nil {
		return 0, err
	}
	if t.Kind() != '0' {
		return 0, r.fail("A number is needed here.")
	}
	f, err := t.Float()
	if err != nil {
		return 0, r.fail("This number is outside the range of a 64-bit float.")
	}
	return f, nil
}

// instant reads a time of RFC 3339.
func (r *reader) instant() (time.Time, error) {
	s, err := r.text(40)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, r.fail("A time of RFC 3339 is needed here, such as 2026-01-31T12:00:00Z.")
	}
	return t, nil
}

// scalar is the value of a field as a client sends it: a string, a float64, a bool, or nil for null.
func (r *reader) scalar() (any, error) {
	switch k := r.dec.PeekKind(); k {
	case '"':
		return r.text(maxString)
	case '0':
		return r.number()
	case 't', 'f':
		return r.boolean()
	case 'n':
		_, err := r.token()
		return nil, err
	case '{', '[':
		return nil, r.fail("The value of a field is a string, a number, true, false or null; not an object or an array.")
	default:
		_, err := r.token()
		if err == nil {
			err = r.fail("A value is needed here.")
		}
		return nil, err
	}
}

// end refuses what follows the body's value.
func (r *reader) end() error {
	switch _, err := r.dec.ReadToken(); {
	case err == nil:
		return invalidBody("", "Something follows the body's object.")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return r.syntax(err)
	}
}
