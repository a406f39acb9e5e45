package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The format file says what the store is, before Badger opens anything. It is written once, as the last step of making a
// store. This is the one file of the package that touches the operating system: Badger opens directories, not files of ours.
const (
	storeFormat = 1
	formatName  = "format"
	formatHead  = "lotse profile store"
)

func shardDir(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("shard-%02d", i)) }

// openFormat gives the number of shards; fresh: the store is still to be made.
func openFormat(c *Config) (shards int, fresh bool, err error) {
	want := c.Shards
	if want == 0 {
		want = defaultShards
	}
	if c.Dir == "" {
		return want, true, nil
	}
	text, err := os.ReadFile(filepath.Join(c.Dir, formatName))
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			return 0, false, fmt.Errorf("make the profile store: %w", err)
		}
		return want, true, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read the profile store's format: %w", err)
	}
	shards, err = parseFormat(string(text))
	if err != nil {
		return 0, false, err
	}
	if c.Shards != 0 && c.Shards != shards {
		return 0, false, fmt.Errorf("%w: it was made with %d shards and cannot be opened with %d", ErrFormat, shards, c.Shards)
	}
	return shards, false, nil
}

func formatText(shards int) string {
	return fmt.Sprintf("%s\nformat %d\nshards %d\n", formatHead, storeFormat, shards)
}

func parseFormat(text string) (shards int, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 2 || lines[0] != formatHead {
		return 0, fmt.Errorf("%w: the format file is not one of Lotse's", ErrFormat)
	}
	if lines[1] != "format "+strconv.Itoa(storeFormat) {
		return 0, fmt.Errorf("%w: this program knows format %d only; use the program that the store was made with", ErrFormat, storeFormat)
	}
	if len(lines) == 4 {
		shards, _ = strconv.Atoi(strings.TrimPrefix(lines[2], "shards "))
	}
	if shards < 1 || shards > maxShards || text != formatText(shards) {
		return 0, fmt.Errorf("%w: the format file cannot be read", ErrDamaged)
	}
	return shards, nil
}

// writeFormat makes the format file: whole, or not at all.
func writeFormat(c *Config, shards int) (err error) {
	if c.Dir == "" {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the profile store's format: %w", err)
		}
	}()
	name := filepath.Join(c.Dir, formatName)
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(formatText(shards))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	d, err := os.Open(c.Dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// checkShard checks that an engine is the shard that it is opened as, and marks it in a fresh store. Without the mark a
// directory that was lost would be made anew, and be empty, without a word.
func checkShard(e engine, i, shards int, fresh bool) error {
	key := []byte{keyFormat, spaceShard}
	want := endRow(append(beginRow(nil), storeFormat, byte(i), byte(shards)), key)
	got, found, err := e.get(nil, key)
	switch {
	case err != nil:
		return err
	case found && string(got) == string(want):
		return nil
	case found:
		return fmt.Errorf("%w: it is another shard, or another store's", ErrDamaged)
	case !fresh:
		return fmt.Errorf("%w: it is missing, or lost its rows", ErrDamaged)
	}
	return e.apply([]row{{key, want}})
}
