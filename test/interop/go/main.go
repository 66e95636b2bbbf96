// Checks of a broker by franz-go, driven over standard input: see ../clients.py.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

type check struct {
	name string
	run  func(context.Context)
}

var bootstrap string

func main() {
	checks := append(append(recordChecks(), groupChecks()...), adminChecks()...)
	if os.Args[1] == "list" {
		for _, c := range checks {
			fmt.Println(c.name)
		}
		return
	}
	bootstrap = os.Args[1]
	names := bufio.NewScanner(os.Stdin)
	for names.Scan() {
		fmt.Println("RESULT", outcome(checks, names.Text()))
	}
}

func outcome(checks []check, name string) (result string) {
	defer func() {
		if e := recover(); e != nil {
			result = "failed " + strings.ReplaceAll(fmt.Sprint(e), "\n", "\\n")
		}
	}()
	for _, c := range checks {
		if c.name == name {
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			c.run(ctx)
			return "ok"
		}
	}
	return "failed no check is called so"
}

// Assertions end the check.

func must(err error, what string) {
	if err != nil {
		panic(fmt.Sprintf("%s: %v", what, err))
	}
}

func equal[T comparable](expected, actual T, what string) {
	if expected != actual {
		panic(fmt.Sprintf("%s: expected %v, but is %v", what, expected, actual))
	}
}

func that(condition bool, what string) {
	if !condition {
		panic(what)
	}
}

func until(ctx context.Context, what string, condition func() bool) {
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		that(time.Now().Before(deadline) && ctx.Err() == nil, "not within 30 s: "+what)
		time.Sleep(20 * time.Millisecond)
	}
}
