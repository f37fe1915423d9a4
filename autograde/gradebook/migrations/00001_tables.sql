-- +goose Up
CREATE TABLE submission (
    assignment TEXT   NOT NULL,
    student    TEXT   NOT NULL,
    hash       TEXT   NOT NULL, -- SHA-256 of what was handed in
    received   TEXT   NOT NULL, -- RFC 3339, UTC, with nanoseconds: sorts as time
    content    BYTEA  NOT NULL,
    PRIMARY KEY (assignment, student, received)
);

CREATE TABLE grade (
    number     BIGINT           NOT NULL PRIMARY KEY, -- of the log entry that announced it
    assignment TEXT             NOT NULL,
    student    TEXT             NOT NULL,
    submission TEXT             NOT NULL, -- hash of what was graded
    grading    TEXT             NOT NULL, -- hash of submission, checks, toolchain and limits
    checks     TEXT             NOT NULL,
    toolchain  TEXT             NOT NULL,
    seed       TEXT             NOT NULL, -- an unsigned number of 64 bits
    score      DOUBLE PRECISION NOT NULL,
    maximum    DOUBLE PRECISION NOT NULL,
    verdict    TEXT             NOT NULL,
    record     TEXT             NOT NULL, -- JSON, for staff
    graded     TEXT             NOT NULL,
    grader     TEXT             NOT NULL
);
CREATE INDEX grade_of_student ON grade (assignment, student, number);

CREATE TABLE log (
    number     BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3, ...
    moment     TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    assignment TEXT   NOT NULL,
    student    TEXT   NOT NULL,
    detail     TEXT   NOT NULL, -- JSON
    previous   TEXT   NOT NULL, -- hash of the entry before; empty in the first
    hash       TEXT   NOT NULL
);

-- +goose Down
DROP TABLE log;
DROP TABLE grade;
DROP TABLE submission;
