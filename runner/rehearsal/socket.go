// Sockets and keys in the fleet's folder.
package rehearsal

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"
)

// controlSocket is where the child is asked whether it serves, and told to
// stop. The others are numbered as the hosts are.
const controlSocket = "c"

// readyLine is what the child prints once it serves.
const readyLine = "ready"

// maxSocket is the shortest limit of a socket's path, that of macOS: 104 bytes
// with the ending zero.
const maxSocket = 103

// socketPath gives a path of a socket in dir that fits into an address, and a
// function to call when it has been used. In a deep folder it leads through an
// open descriptor of the folder, which only Linux can do.
func socketPath(dir, name string) (string, func(), error) {
	full := filepath.Join(dir, "s", name)
	if len(full) <= maxSocket {
		return full, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("socket path %s is longer than %d bytes: use a shorter folder with --state", full, maxSocket)
	}
	d, err := os.Open(filepath.Join(dir, "s"))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name), func() { _ = d.Close() }, nil
}

func dial(ctx context.Context, dir, name string) (net.Conn, error) {
	path, done, err := socketPath(dir, name)
	if err != nil {
		return nil, err
	}
	defer done()
	return new(net.Dialer).DialContext(ctx, "unix", path)
}

// listen takes over the name from a child that died.
func listen(dir, name string) (net.Listener, error) {
	path, done, err := socketPath(dir, name)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(filepath.Join(dir, "s", name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // the path may lead through a closed descriptor
	if err := os.Chmod(filepath.Join(dir, "s", name), 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return ours{l}, nil
}

// ours is a socket for the user who runs the fleet, and for nobody else. Its
// folder and its mode say so too; this holds when somebody has opened them.
type ours struct{ *net.UnixListener }

// Accept passes over connections of others, and closes them.
func (l ours) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, err := peer(conn); err == nil && uid == os.Geteuid() {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// keyFile reads a key or makes one.
func keyFile(name string) (ssh.Signer, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if data, err = newKey(); err == nil {
			err = replaceFile(name, data)
		}
	}
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKey(data)
}

func newKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "belay embedded fleet")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}
