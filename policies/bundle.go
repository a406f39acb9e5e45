package policies

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxEntries bounds the entries of an archive: its files, and folders for them.
const maxEntries = 4 * maxSourceFiles

// errTooBig ends the reading of an archive that grows without end.
var errTooBig = fmt.Errorf("it unpacks to more than %d bytes", 2*maxSourceBytes)

// ReadBundle reads a policy from a bundle in OPA's format, a tar archive packed by gzip. With keys, the bundle must be signed by one of
// them, and every file of it covered by the signature; without keys, a bundle that is signed is refused, as nothing could
// check it. The whole bundle is in memory, at most 8 MiB. The faults are SourceErrors.
//
// The archive is read here and not by OPA's own reader, which passes over links and files that it does not know.
func ReadBundle(r io.Reader, keys Keys) (Source, error) {
	in := intake{files: map[string]string{}}
	if err := in.unpack(r); err != nil {
		return Source{}, fmt.Errorf("read the bundle: %w", err)
	}
	var signedBy string
	if len(in.faults) == 0 {
		signedBy = keys.verify(in.files, &in.faults)
	}
	s, err := in.source(true)
	s.SignedBy = signedBy
	if err != nil {
		return Source{}, err
	}
	return s, nil
}

// unpack takes in what is in an archive.
func (in *intake) unpack(r io.Reader) error {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("it is not packed by gzip: %w", err)
	}
	archive := tar.NewReader(&bounded{r: gz, left: 2 * maxSourceBytes})
	for entries := 0; ; entries++ {
		header, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case entries == maxEntries:
			return fmt.Errorf("it has more than %d entries", maxEntries)
		}
		name := entryName(header.Name)
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			in.fault(name, "is a link or a device: a bundle holds plain files")
			continue
		}
		if !in.room(name) {
			return nil
		}
		text, err := readBounded(archive)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		in.add(name, text)
	}
}

// entryName is a file's name from the root of the bundle. OPA's own writer begins names with a slash, tar with a dot and a slash.
func entryName(name string) string {
	if rest, ok := strings.CutPrefix(name, "./"); ok {
		return rest
	}
	return strings.TrimPrefix(name, "/")
}

// readBounded reads up to one byte more than a file may have.
func readBounded(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, maxFileBytes+1)) }

// bounded fails, instead of ending, after so many bytes.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooBig
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// WriteBundle writes a policy as a bundle in OPA's format, signed if there is a signer. The same policy, and the same signer
// with an Ed25519 or RSA key, gives the same bytes each time. It does not check the policy.
func WriteBundle(w io.Writer, s Source, signer *Signer) error {
	manifest, err := s.manifest()
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	files := maps.Clone(s.Files)
	files[manifestFile] = string(manifest)
	if signer != nil {
		if files[signaturesFile], err = signer.sign(files); err != nil {
			return fmt.Errorf("sign the bundle: %w", err)
		}
	}
	gz := gzip.NewWriter(w)
	archive := tar.NewWriter(gz)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(files[name])), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if _, err := io.WriteString(archive, files[name]); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	if err := errors.Join(archive.Close(), gz.Close()); err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	return nil
}
