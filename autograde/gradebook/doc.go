// Package gradebook keeps what was handed in and how it was graded, so that nothing is lost and nothing changes unseen.
//
//	book, err := gradebook.Open(ctx, "course.db", "prof")
//	defer book.Close()
//	err = book.Receive(ctx, gradebook.Submission{Assignment: "lab1", Student: "ada", Received: now, Hash: h, Content: zip})
//	err = book.Grade(ctx, gradebook.Grade{Assignment: "lab1", Student: "ada", Submission: h, Score: 17, Max: 20, ...})
//	grades, err := book.Current(ctx, "lab1") // the newest grade of each student
//
// Considerations:
//
//   - Nothing is overwritten. A regrade adds a grade; History shows them all, the log says who made each, when, and with which
//     checks.
//   - A call that has returned without an error is on the disk: a process that is killed, or a machine that loses its power,
//     after that loses nothing, and one that is killed before leaves nothing half done.
//   - The log is a chain: each entry holds the hash of the one before, so that an entry cannot be changed, moved or taken out of the
//     middle without Verify finding it. What Verify cannot see is a log whose end was cut off, or that was written anew from
//     the start: for that, keep the Head that it returns somewhere else, and compare.
//   - Several processes may use one file; each change is a transaction of its own.
//   - Book is an interface, and the tables and queries are SQL that PostgreSQL understands too: a server for many machines can
//     take the same schema. What only SQLite has stands in sqlite.go.
package gradebook
