package main

import (
	"log"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
)

const (
	packetBytes = 1200
	queued      = 512
)

// shared is one track that every viewer is bound to.
type shared struct {
	track *webrtc.TrackLocalStaticSample
}

func newShared() (*shared, error) {
	track, err := webrtc.NewTrackLocalStaticSample(codec, "video", "camera")
	return &shared{track}, err
}

func (s *shared) newTrack() (webrtc.TrackLocal, error) {
	return s.track, nil
}

func (s *shared) send(unit []byte, duration time.Duration) {
	if err := s.track.WriteSample(media.Sample{Data: unit, Duration: duration}); err != nil {
		log.Print(err)
	}
}

// readers gives each viewer a queue, a packetiser and a track of its own.
type readers struct {
	mutex  sync.Mutex
	queues []chan sample
}

type sample struct {
	unit  []byte
	ticks uint32
}

func (r *readers) newTrack() (webrtc.TrackLocal, error) {
	track, err := webrtc.NewTrackLocalStaticRTP(codec, "video", "camera")
	if err != nil {
		return nil, err
	}
	queue := make(chan sample, queued)
	r.mutex.Lock()
	r.queues = append(r.queues, queue)
	r.mutex.Unlock()
	go func() {
		packetizer := rtp.NewPacketizer(
			packetBytes, 0, 0, &codecs.H264Payloader{}, rtp.NewRandomSequencer(), codec.ClockRate)
		for next := range queue {
			for _, packet := range packetizer.Packetize(next.unit, next.ticks) {
				if err := track.WriteRTP(packet); err != nil {
					log.Print(err)
				}
			}
		}
	}()
	return track, nil
}

func (r *readers) send(unit []byte, duration time.Duration) {
	next := sample{unit, uint32(duration.Seconds()*float64(codec.ClockRate) + 0.5)}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, queue := range r.queues {
		select {
		case queue <- next:
		default: // a viewer that is too slow loses the frame
		}
	}
}
