// Pion is a minimal WebRTC server in Go to compare with: it sends a clip in real time.
//
// It takes {"viewer": I, "sdp": offer} a line on stdin, prints {"viewer": I, "sdp": answer}, and
// ends with its stdin. -shape shared: one track for all viewers, packetised once. -shape readers:
// as MediaMTX does it, a queue, a packetiser and a track for each viewer. All viewers share one
// UDP socket.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

type description struct {
	Viewer int    `json:"viewer"`
	SDP    string `json:"sdp"`
}

// shape is how frames get to the viewers.
type shape interface {
	newTrack() (webrtc.TrackLocal, error)
	send(unit []byte, duration time.Duration)
}

var codec = webrtc.RTPCodecCapability{
	MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
	SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
}

func main() {
	clipPath := flag.String("clip", "", "the clip to send")
	shapeName := flag.String("shape", "shared", "shared or readers")
	flag.Parse()
	log.SetFlags(0)
	units, fps, err := readClip(*clipPath)
	if err != nil {
		log.Fatal(err)
	}
	var frames shape = &readers{}
	if *shapeName == "shared" {
		if frames, err = newShared(); err != nil {
			log.Fatal(err)
		}
	}
	api, err := newAPI()
	if err != nil {
		log.Fatal(err)
	}
	go play(units, fps, frames)

	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var offer description
		if err := json.Unmarshal(in.Bytes(), &offer); err != nil {
			log.Fatal(err)
		}
		answer, err := watch(api, frames, offer.SDP)
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(description{offer.Viewer, answer}); err != nil {
			log.Fatal(err)
		}
	}
}

func newAPI() (*webrtc.API, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetICEUDPMux(webrtc.NewICEUDPMux(nil, socket))
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		return nil, err
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(registry),
	), nil
}

// watch makes a viewer's connection; it lives until the process ends.
func watch(api *webrtc.API, frames shape, offer string) (string, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	track, err := frames.newTrack()
	if err != nil {
		return "", err
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return "", err
	}
	go func() {
		reports := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(reports); err != nil {
				return
			}
		}
	}()
	remote := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
	if err := pc.SetRemoteDescription(remote); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// play sends the clip again and again, timed by an absolute clock.
func play(units [][]byte, fps int, frames shape) {
	begin := time.Now()
	duration := time.Second / time.Duration(fps)
	for number := 0; ; number++ {
		due := time.Duration(number) * time.Second / time.Duration(fps)
		time.Sleep(time.Until(begin.Add(due)))
		frames.send(units[number%len(units)], duration)
	}
}

func readClip(path string) ([][]byte, int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	var fps uint32
	if err := binary.Read(file, binary.BigEndian, &fps); err != nil {
		return nil, 0, err
	}
	var units [][]byte
	for {
		var size uint32
		if err := binary.Read(file, binary.BigEndian, &size); err == io.EOF {
			return units, int(fps), nil
		} else if err != nil {
			return nil, 0, err
		}
		unit := make([]byte, size)
		if _, err := io.ReadFull(file, unit); err != nil {
			return nil, 0, err
		}
		units = append(units, unit)
	}
}
