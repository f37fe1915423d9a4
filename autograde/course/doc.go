// Package course is a course's calendar and its rules for late work, read from course.yaml: who takes part, what is due
// when, what a day costs, who has more time.
//
//	c, err := course.Load("labs/course.yaml")
//	standing, err := c.Standing("ada", received) // received: when each assignment came in
//
// # course.yaml
//
//	id: dl-2023
//	title: Deep learning
//	time_zone: America/New_York   # of every time in this file; a name of the IANA database
//	slip_days: 3                  # days late that cost nothing, over the whole course; default 0
//	late:                         # for every assignment that has no rule of its own
//	  grace: 15m                  # this late is on time
//	  penalty: 10%                # of the points earned, for each day begun after the due time
//	  cut_off: 5                  # days after the due time, from when on nothing counts
//	assignments:
//	  - id: lab1
//	    title: Attention
//	    lab: lab1-attention       # folder beside course.yaml; left out where people grade
//	    points: 20                # only where people grade: a lab has its own
//	    release: 2023-03-10 09:00
//	    due: 2023-03-31 23:59
//	roster: roster.csv            # columns id, name, email, sis_id, login, section; only id is needed
//	extensions:
//	  - {student: ada, assignment: lab1, until: 2023-04-03 23:59, reason: illness}
//
// # How late work is counted
//
// A time without seconds means the whole minute: what comes at 23:59:59 is in time for 23:59. Days are those of the
// calendar in the course's time zone, so that a day with a change of clocks is a day. An extension moves the due time, and
// with it the cut-off, of one student. Then, in the order of the due times:
//
//  1. Nothing came, or it came before the due time or within grace after it: on time.
//  2. It came at or after the cut-off: too late, no points.
//  3. Else it is n days late, each day begun counts, from the due time on (not from the end of grace).
//  4. Slip days that are left pay for as many of these days as they can.
//  5. Each of the others takes the penalty's share of the points earned, never more than all.
//
// Considerations: slip days are spent by the calendar, never saved for a later assignment where they would pay more, so that a
// standing does not change when something else comes in later. The last submission before the cut-off counts; which one that
// is, the caller decides.
package course
