// Package export writes grades in the formats of others: Canvas's gradebook CSV, and JUnit XML for what shows test results.
// Gradescope's results.json and the plain CSV of grades are in package result.
//
// What is written for students or for other programs holds no more of hidden checks than package result gives away: their
// number, their worth, the kind of a failure and the author's hint.
package export
