// Receiver is many viewers in one process: it offers, receives, counts, and answers as a browser
// would.
//
// It takes one JSON order a line on stdin and prints one JSON object a line on stdout; it ends
// with its stdin. Orders: {"offer": N} makes N viewers more, each told as {"viewer", "sdp"};
// {"viewer": I, "sdp": ...} is the answer for one; {"reset": true} starts counting anew and
// {"report": true} tells the counters: {"viewers": [...]}; {"close": I} says goodbye for one.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"
)

type order struct {
	Offer  int    `json:"offer"`
	Viewer *int   `json:"viewer"`
	SDP    string `json:"sdp"`
	Close  *int   `json:"close"`
	Reset  bool   `json:"reset"`
	Report bool   `json:"report"`
}

type offer struct {
	Viewer int    `json:"viewer"`
	SDP    string `json:"sdp"`
}

type report struct {
	Viewers []figures `json:"viewers"`
}

func main() {
	clipPath := flag.String("clip", "", "compare what comes with the access units of this file")
	buffer := flag.Int("buffer", 2<<20, "receive buffer of each socket, bytes")
	patience := flag.Duration("patience", 15*time.Second, "longest wait for gathering")
	flag.Parse()
	log.SetFlags(0)

	var clip *clip
	if *clipPath != "" {
		var err error
		if clip, err = readClip(*clipPath); err != nil {
			log.Fatal(err)
		}
	}
	api, err := newAPI(*buffer)
	if err != nil {
		log.Fatal(err)
	}
	var viewers []*viewer
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var got order
		if err := json.Unmarshal(in.Bytes(), &got); err != nil {
			log.Fatal(err)
		}
		var answer interface{}
		switch {
		case got.Offer > 0:
			for n := 0; n < got.Offer; n++ {
				viewer, sdp, err := newViewer(api, clip, *patience)
				if err != nil {
					log.Fatal(err)
				}
				viewers = append(viewers, viewer)
				if err := out.Encode(offer{len(viewers) - 1, sdp}); err != nil {
					log.Fatal(err)
				}
			}
			continue
		case got.Viewer != nil:
			if err := viewers[*got.Viewer].take(got.SDP); err != nil {
				log.Fatal(err)
			}
			continue
		case got.Close != nil:
			if err := viewers[*got.Close].pc.Close(); err != nil {
				log.Fatal(err)
			}
			continue
		case got.Reset:
			for _, viewer := range viewers {
				viewer.reset()
			}
			answer = report{}
		case got.Report:
			told := report{}
			for _, viewer := range viewers {
				told.Viewers = append(told.Viewers, viewer.report())
			}
			answer = told
		}
		if err := out.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
}
