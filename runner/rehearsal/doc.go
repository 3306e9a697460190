// Package rehearsal is the embedded fleet: a child process of the same program
// that simulates servers, on which the real scripts of a runbook run unchanged.
//
// The console starts the child with Start and dials its hosts like any others:
// every host is an SSH server behind a Unix socket in the fleet's folder. The
// hosts are made of files in that folder (files), processes and pipes that
// exist in memory only (process), a shell (shell) and the usual programs
// (command); what is not among them is a folder of scripts (fleet/NAME/bin).
// Attempts are answered by the job protocol itself (jobs), so that a runner
// cannot tell a simulated host from a real one; the text of the wrapper is
// proven on real servers.
//
// Nothing outside the folder is read or written by the child, there is no
// network, and no real program is ever started.
//
// The child ends when Stop is called (the run is closed), on SIGTERM, when its
// folder is removed, or after an hour in which nobody was connected and nothing
// ran. In that hour the time of the daemons stands still. It may be killed at
// any time: a console that comes back starts it again on the same folder, the
// machines are as they were, and attempts that ran are lost, why=reboot, which
// is what a power cut does to a real server.
//
// # Faults
//
// See ParseFault and FaultForms. drop, hang and exit fire once, on the
// first attempt of their step, so that a retry gets over them. refuse (without
// a duration), disk-full, crash-loop, log-flood, clock and stray-worker last until
// they are cleared on the host.
package rehearsal
