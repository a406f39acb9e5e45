package edge

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// This file lets a refusal arrive. A connection that is closed while bytes of its request are unread is reset, and a reset takes
// away an answer that the client has not read yet: who sends too much would not learn why.

// What is read of a refused request before its connection is closed, and for how long.
const (
	lingerBytes = 1 << 20
	lingerTime  = 500 * time.Millisecond
)

// lingerListener accepts connections that can linger.
type lingerListener struct{ *net.TCPListener }

func (l lingerListener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return &lingerConn{TCPConn: c}, nil
}

type lingerConn struct {
	*net.TCPConn
	lingers atomic.Bool
}

// Close says that there is nothing more to come, and reads on for a moment where the request was refused before its end.
func (c *lingerConn) Close() error {
	if c.lingers.Swap(false) && c.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerBytes) // whatever ends it: the connection is closed
	}
	return c.TCPConn.Close()
}

// linger marks the connection of a request that is refused before its end.
func linger(c net.Conn) {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	if l, ok := c.(*lingerConn); ok {
		l.lingers.Store(true)
	}
}

// listen opens a listener whose connections can linger.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return lingerListener{l.(*net.TCPListener)}, nil
}
