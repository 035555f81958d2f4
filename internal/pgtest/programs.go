package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

var errMissing = errors.New("pgtest: no PostgreSQL here: initdb, postgres and pg_basebackup are neither in PATH nor in" +
	" /usr/lib/postgresql/*/bin; install it (Debian: apt-get install postgresql)")

// programs are PostgreSQL's own, of one version.
type programs struct {
	folder string
	user   *syscall.Credential // nil is the user whom the tests run as
}

func findPrograms() (programs, error) {
	folder, err := firstComplete(candidates())
	if err != nil {
		return programs{}, err
	}
	owner, err := unprivileged()
	return programs{folder: folder, user: owner}, err
}

func firstComplete(folders []string) (string, error) {
	i := slices.IndexFunc(folders, complete)
	if i < 0 {
		return "", errMissing
	}
	return folders[i], nil
}

// candidates are the folders that may hold the programs: what PATH leads to,
// then where Debian installs them, the newest version first.
func candidates() []string {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		panic(err) // the pattern is malformed
	}
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(major(b), major(a)) })
	first, err := exec.LookPath("initdb")
	if err != nil {
		return folders
	}
	// A link leads to one program; its neighbours stand beside the original.
	if original, err := filepath.EvalSymlinks(first); err == nil {
		first = original
	}
	return append([]string{filepath.Dir(first)}, folders...)
}

// major is 15 of /usr/lib/postgresql/15/bin, or 0.
func major(folder string) float64 {
	version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64) // 9.6 was a version too
	if err != nil {
		return 0
	}
	return version
}

func complete(folder string) bool {
	return !slices.ContainsFunc([]string{"initdb", "postgres", "pg_basebackup"}, func(program string) bool {
		_, err := exec.LookPath(filepath.Join(folder, program))
		return err != nil
	})
}

// unprivileged is the user whom PostgreSQL runs as, for it refuses root.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, noUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, noGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(noUID, noGID); err != nil {
			return nil, fmt.Errorf("pgtest: user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("pgtest: PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it as")
}

// give makes a file of the tests PostgreSQL's.
func (p programs) give(path string) error {
	if p.user == nil {
		return nil
	}
	return os.Chown(path, int(p.user.Uid), int(p.user.Gid))
}

// command is a process in a group of its own, so that an interrupt at the
// terminal ends the tests and not, before them, what they still need.
func (p programs) command(workdir, program string, args ...string) *exec.Cmd {
	c := exec.Command(program, args...)
	c.Dir = workdir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + workdir, "LC_ALL=C", "TZ=UTC"} // none of libpq's variables
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.user, Setpgid: true}
	return c
}

func (p programs) run(workdir, program string, args ...string) error {
	out, err := p.command(workdir, filepath.Join(p.folder, program), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgtest: %s: %w: %s", program, err, out)
	}
	return nil
}
