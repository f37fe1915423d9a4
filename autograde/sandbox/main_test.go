package sandbox

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	Init()
	playAttack()
	os.Exit(m.Run())
}
