package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"
	"github.com/pion/webrtc/v3"
)

const (
	clockRate     = 90000
	feedbackEvery = time.Second
	// What Chromium says it can take when nothing speaks against it.
	rembFactor  = 1.5
	rembAtLeast = 300_000
)

// figures is what one viewer has seen since the last reset.
type figures struct {
	Connected  bool    `json:"connected"`
	Packets    int     `json:"packets"`
	Bytes      int     `json:"bytes"`
	Frames     int     `json:"frames"`   // whole at first arrival
	Expected   int     `json:"expected"` // by the RTP timestamps, at the clip's frame rate
	Damaged    int     `json:"damaged"`
	Exact      int     `json:"exact"` // whole, in the clip, and the successor of the one before
	Lost       int     `json:"lost"`  // sequence numbers missing at first arrival
	Late       int     `json:"late"`  // packets out of order or sent again
	LongestGap float64 `json:"longest_gap_ms"`
}

type viewer struct {
	pc   *webrtc.PeerConnection
	clip *clip

	mutex     sync.Mutex
	seen      figures
	frame     frame
	ssrc      uint32
	started   bool
	sequence  uint16 // newest
	cycles    uint32
	inFrame   bool // everything of the current frame so far has come
	anyFrame  bool
	firstTime uint32
	lastTime  uint32
	wholeAt   time.Time
	followed  int // the clip's number of the last whole frame, -1 at first

	lostBefore, packetsBefore, bytesBefore int
}

// bufferedNet opens sockets with a receive buffer of our choice.
type bufferedNet struct {
	*stdnet.Net
	bytes int
}

func (n bufferedNet) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetReadBuffer(n.bytes)
}

// newAPI offers what Chromium offers for H.264, as far as a sender can see it, on loopback only.
func newAPI(buffer int) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{
		{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"},
		{Type: "nack", Parameter: "pli"},
	}
	err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeH264, ClockRate: clockRate, RTCPFeedback: feedback,
			SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		},
		PayloadType: 108,
	}, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return nil, err
	}
	for _, uri := range []string{
		"urn:ietf:params:rtp-hdrext:sdes:mid",
		"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
		"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
	} {
		extension := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := media.RegisterHeaderExtension(extension, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
	}
	network, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetNet(bufferedNet{network, buffer})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.Equal(net.IPv4(127, 0, 0, 1)) })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	// What a browser that is the DTLS server takes.
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
	), nil
}

func newViewer(api *webrtc.API, clip *clip, patience time.Duration) (*viewer, string, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", err
	}
	v := &viewer{pc: pc, clip: clip, followed: -1}
	direction := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, direction); err != nil {
		return nil, "", err
	}
	pc.OnTrack(v.receive)
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		v.mutex.Lock()
		defer v.mutex.Unlock()
		v.seen.Connected = state == webrtc.PeerConnectionStateConnected
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return nil, "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return nil, "", err
	}
	select {
	case <-gathered:
	case <-time.After(patience):
		return nil, "", fmt.Errorf("no candidates within %s", patience)
	}
	return v, pc.LocalDescription().SDP, nil
}

func (v *viewer) take(answer string) error {
	return v.pc.SetRemoteDescription(
		webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// receive counts the packets of the track until it ends.
func (v *viewer) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	v.mutex.Lock()
	v.ssrc = uint32(track.SSRC())
	v.mutex.Unlock()
	v.send(&rtcp.PictureLossIndication{MediaSSRC: v.ssrc})
	ended := make(chan struct{})
	defer close(ended)
	go v.feedBack(ended)
	go func() {
		reports := make([]byte, 1500)
		for {
			if _, _, err := receiver.Read(reports); err != nil {
				return
			}
		}
	}()
	packet := make([]byte, 1600)
	for {
		size, _, err := track.Read(packet)
		if err != nil {
			return
		}
		if missing := v.count(packet[:size]); len(missing) > 0 {
			nacks := rtcp.NackPairsFromSequenceNumbers(missing)
			v.send(&rtcp.TransportLayerNack{MediaSSRC: v.ssrc, Nacks: nacks})
		}
	}
}

// count takes one RTP packet; returns the sequence numbers that it shows to be missing.
func (v *viewer) count(packet []byte) []uint16 {
	if len(packet) < 12 {
		return nil
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	sequence := binary.BigEndian.Uint16(packet[2:])
	timestamp := binary.BigEndian.Uint32(packet[4:])
	marker := packet[1]&0x80 != 0
	v.seen.Packets++
	v.seen.Bytes += len(packet)
	missing := v.gap(sequence)
	if missing == nil && v.started && sequence != v.sequence {
		v.seen.Late++
		return nil
	}
	if len(missing) > 0 {
		v.seen.Lost += len(missing)
		v.inFrame = false
		v.frame.clear()
	}
	if v.inFrame {
		v.frame.add(payload(packet))
	}
	if marker {
		v.frameEnds(timestamp)
	}
	return missing
}

// gap moves on to `sequence`; the numbers between, nil for a packet that is not newer.
func (v *viewer) gap(sequence uint16) []uint16 {
	step := sequence - v.sequence
	if !v.started {
		v.started, v.sequence = true, sequence
		return []uint16{}
	}
	if step == 0 || step > 1<<15 {
		return nil
	}
	missing := make([]uint16, 0)
	for number := v.sequence + 1; number != sequence && len(missing) < 256; number++ {
		missing = append(missing, number)
	}
	if sequence < v.sequence {
		v.cycles++
	}
	v.sequence = sequence
	return missing
}

func (v *viewer) frameEnds(timestamp uint32) {
	if !v.anyFrame {
		v.anyFrame, v.firstTime = true, timestamp
		v.wholeAt = time.Now()
	} else {
		v.lastTime = timestamp
		if v.inFrame {
			v.frameIsWhole()
		} else {
			v.seen.Damaged++
		}
	}
	v.frame.clear()
	v.inFrame = true // what comes next begins a frame
}

func (v *viewer) frameIsWhole() {
	v.seen.Frames++
	now := time.Now()
	if gap := float64(now.Sub(v.wholeAt).Microseconds()) / 1000; gap > v.seen.LongestGap {
		v.seen.LongestGap = gap
	}
	v.wholeAt = now
	if v.clip == nil {
		return
	}
	if v.clip.isNext(v.followed, v.frame.hash()) {
		v.seen.Exact++
		v.followed = (v.followed + 1) % len(v.clip.hashes)
	} else {
		v.followed = v.clip.find(v.frame.hash())
		if v.followed >= 0 && v.seen.Frames == 1 {
			v.seen.Exact++
		}
	}
}

// feedBack sends what a browser sends once a second.
func (v *viewer) feedBack(ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-time.After(feedbackEvery):
		}
		v.mutex.Lock()
		lost := v.seen.Lost - v.lostBefore
		packets := v.seen.Packets - v.packetsBefore
		bits := float64(v.seen.Bytes-v.bytesBefore) * 8
		v.lostBefore, v.packetsBefore, v.bytesBefore = v.seen.Lost, v.seen.Packets, v.seen.Bytes
		highest := v.cycles<<16 | uint32(v.sequence)
		total := v.seen.Lost
		v.mutex.Unlock()
		fraction := uint8(0)
		if lost > 0 && packets+lost > 0 {
			fraction = uint8(lost * 255 / (packets + lost))
		}
		estimate := bits * rembFactor
		if estimate < rembAtLeast {
			estimate = rembAtLeast
		}
		v.send(
			&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{
				SSRC: v.ssrc, FractionLost: fraction, TotalLost: uint32(total),
				LastSequenceNumber: highest,
			}}},
			&rtcp.ReceiverEstimatedMaximumBitrate{
				Bitrate: float32(estimate), SSRCs: []uint32{v.ssrc},
			},
		)
	}
}

// send may fail when the connection is closing, which the counters show.
func (v *viewer) send(packets ...rtcp.Packet) {
	_ = v.pc.WriteRTCP(packets)
}

func (v *viewer) reset() {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.seen = figures{Connected: v.seen.Connected}
	v.lostBefore, v.packetsBefore, v.bytesBefore = 0, 0, 0
	v.anyFrame, v.inFrame, v.followed = false, false, -1
	v.frame.clear()
}

func (v *viewer) report() figures {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	told := v.seen
	if told.Frames+told.Damaged > 0 && v.clip != nil {
		told.Expected = int((v.lastTime - v.firstTime + v.clip.ticks/2) / v.clip.ticks)
	}
	return told
}
