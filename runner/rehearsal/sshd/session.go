// Sessions: one command each.
package sshd

import (
	"bufio"
	"fmt"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"

	"belay/runner/job"
	"belay/runner/rehearsal/process"
)

// session serves one session channel. The first exec runs; everything else is
// answered at once.
func (s *Server) session(nc ssh.NewChannel) {
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	gone := make(chan struct{}) // closed with the channel
	var work sync.WaitGroup
	defer work.Wait()
	started := false
	for req := range requests {
		ok := false
		switch req.Type {
		case "env":
			ok = true // as sshd with an empty AcceptEnv: taken and not used
		case "exec":
			var command struct{ Text string }
			if ok = !started && ssh.Unmarshal(req.Payload, &command) == nil; ok {
				started = true
				work.Go(func() {
					defer ch.Close()
					s.exec(ch, gone, command.Text)
				})
			}
		}
		if req.WantReply {
			_ = req.Reply(ok, nil)
		}
	}
	close(gone)
}

// exec runs a command and tells its status.
func (s *Server) exec(ch ssh.Channel, gone <-chan struct{}, command string) {
	in := bufio.NewReaderSize(ch, 64<<10)
	status := 0
	if first, _ := in.Peek(len(job.ShellVersion) + 1); command == job.Command && string(first) == job.ShellVersion+"\n" {
		status = s.asks(ch, in)
	} else if call, err, ours := spoken(in, command); !ours {
		status = s.run(ch, in, gone, command)
	} else if err != nil {
		fmt.Fprintf(ch.Stderr(), "belay: %v\n", err)
		status = job.RefusedTorn
	} else if call.Verb == job.Run {
		_, _ = io.WriteString(ch, job.Begins(call.ID))
		_, _ = io.WriteString(ch.Stderr(), job.Begins(call.ID))
		status = s.jobs.Run(ended(in), call.Request.Script, ch, ch.Stderr())
		_, _ = io.WriteString(ch, job.Ends(call.ID, status))
	} else {
		status = s.jobs.Serve(gone, call, ch, ch.Stderr())
	}
	_ = ch.CloseWrite()
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
}

// spoken reads a call of the job protocol where the command is one.
func spoken(in *bufio.Reader, command string) (call job.Call, err error, ours bool) {
	if command != job.Command {
		return call, nil, false
	}
	first, _ := in.Peek(len(job.Version) + 1)
	if line := string(first); line != job.Version+"\n" && line != job.RunVersion+"\n" {
		return call, nil, false
	}
	call, err = job.Parse(in)
	return call, err, true
}

// asks answers the looks of one shell, one after the other.
func (s *Server) asks(ch ssh.Channel, in *bufio.Reader) int {
	say := func(text string) {
		_, _ = io.WriteString(ch, text)
		_, _ = io.WriteString(ch.Stderr(), text)
	}
	for {
		call, err := job.ParseAsk(in)
		if err == io.EOF {
			return 0
		}
		if err != nil {
			fmt.Fprintf(ch.Stderr(), "belay: %v\n", err)
			return job.RefusedTorn
		}
		say(job.Begins(call.ID))
		spoke := make(chan struct{}) // closed when the client goes on: it ends this one, or asks the next
		go func() {
			_, _ = in.Peek(1)
			close(spoke)
		}()
		code := s.jobs.Run(spoke, call.Request.Script, ch, ch.Stderr())
		say(job.Ends(call.ID, code))
		<-spoke
	}
}

// ended is closed when the client has said all it wants to say, or is gone.
func ended(in io.Reader) <-chan struct{} {
	done := make(chan struct{})
	go func() { // ends with the channel at the latest
		_, _ = io.Copy(io.Discard, in)
		close(done)
	}()
	return done
}

// run runs any other command as the login shell does: sh -c COMMAND.
func (s *Server) run(ch ssh.Channel, in io.Reader, gone <-chan struct{}, command string) int {
	t := s.host.Table
	args := []string{"sh", "-c", command}
	stdin, feed := process.Pipe()
	p := t.Start(args, s.host.Environ(), s.host.Home(), stdin,
		process.NewDescriptor(process.WriterStream(ch)), process.NewDescriptor(process.WriterStream(ch.Stderr())))
	go func() { // ends with the channel, or when nobody reads any more
		_, _ = io.Copy(feeder{feed, gone}, in)
		_ = feed.Close()
	}()
	t.Go(p, func() int { return t.Exec(p, args, s.host.Environ()) })
	select {
	case <-p.Dead():
	case <-gone:
		for _, q := range t.All() { // nobody listens: do not leave a tail behind
			if q.Session() == p.PID {
				q.Signal(process.HUP)
			}
		}
		<-p.Dead()
	}
	return p.Status()
}

type feeder struct {
	d    *process.Descriptor
	gone <-chan struct{}
}

func (f feeder) Write(b []byte) (int, error) { return f.d.Write(f.gone, b) }
