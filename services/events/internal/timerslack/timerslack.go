// Package timerslack has the process wait less exactly. Linux ends a wait that has a time, of which Go's runtime has thousands a second while a program makes system calls, at
// most 50 microseconds late, each with an interrupt and two switches of threads of its own, that cost a virtual machine more than the work they are for. What may be later ends
// together with what happens anyway (PR_SET_TIMERSLACK, prctl(2)). Elsewhere all is as it was.
package timerslack
