package main

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

const (
	naluStapA = 24
	naluFuA   = 28
)

type digest [sha1.Size]byte

// frame collects the NAL units of one access unit (RFC 6184, packetization mode 1).
type frame struct {
	nals []byte // each with its length before it, four bytes
	open int    // where the length of the fragmented one stands
}

func (f *frame) clear() {
	f.nals = f.nals[:0]
}

func (f *frame) hash() digest {
	return sha1.Sum(f.nals)
}

func (f *frame) add(payload []byte) {
	if len(payload) < 2 {
		return
	}
	switch payload[0] & 0x1f {
	case naluStapA:
		for rest := payload[1:]; len(rest) > 2; {
			size := int(binary.BigEndian.Uint16(rest))
			if size > len(rest)-2 {
				return
			}
			f.addWhole(rest[2 : 2+size])
			rest = rest[2+size:]
		}
	case naluFuA:
		if payload[1]&0x80 != 0 {
			f.addWhole([]byte{payload[0]&0xe0 | payload[1]&0x1f})
		}
		f.nals = append(f.nals, payload[2:]...)
		f.close()
	default:
		f.addWhole(payload)
	}
}

func (f *frame) addWhole(nal []byte) {
	f.open = len(f.nals)
	f.nals = append(f.nals, 0, 0, 0, 0)
	f.nals = append(f.nals, nal...)
	f.close()
}

func (f *frame) close() {
	if f.open+4 <= len(f.nals) {
		binary.BigEndian.PutUint32(f.nals[f.open:], uint32(len(f.nals)-f.open-4))
	}
}

// payload is what follows an RTP packet's header, without padding.
func payload(packet []byte) []byte {
	at := 12 + 4*int(packet[0]&0x0f)
	if packet[0]&0x10 != 0 && len(packet) >= at+4 {
		at += 4 + 4*int(binary.BigEndian.Uint16(packet[at+2:]))
	}
	end := len(packet)
	if packet[0]&0x20 != 0 {
		end -= int(packet[end-1])
	}
	if at > end {
		return nil
	}
	return packet[at:end]
}

// clip is what the server sends again and again.
type clip struct {
	hashes  []digest
	numbers map[digest]int
	ticks   uint32 // 90 kHz, from frame to frame
}

// readClip reads a file of bench/clips.py: frames a second, then length and Annex B of each unit.
func readClip(path string) (*clip, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var fps uint32
	if err := binary.Read(file, binary.BigEndian, &fps); err != nil || fps == 0 {
		return nil, fmt.Errorf("%s: not a clip: %v", path, err)
	}
	read := &clip{numbers: map[digest]int{}, ticks: clockRate / fps}
	for {
		var size uint32
		if err := binary.Read(file, binary.BigEndian, &size); err == io.EOF {
			return read, nil
		} else if err != nil {
			return nil, err
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(file, data); err != nil {
			return nil, err
		}
		var whole frame
		for _, nal := range split(data) {
			whole.addWhole(nal)
		}
		hash := whole.hash()
		read.numbers[hash] = len(read.hashes)
		read.hashes = append(read.hashes, hash)
	}
}

// split cuts Annex B into its NAL units; the clip has four-byte start codes only.
func split(data []byte) [][]byte {
	var nals [][]byte
	begin := -1
	for at := 0; at+4 <= len(data); at++ {
		if data[at] == 0 && data[at+1] == 0 && data[at+2] == 0 && data[at+3] == 1 {
			if begin >= 0 {
				nals = append(nals, data[begin:at])
			}
			begin = at + 4
			at += 3
		}
	}
	if begin >= 0 {
		nals = append(nals, data[begin:])
	}
	return nals
}

// isNext says whether `hash` is the frame after number `before`.
func (c *clip) isNext(before int, hash digest) bool {
	return before >= 0 && c.hashes[(before+1)%len(c.hashes)] == hash
}

// find is the number of a frame, -1 if the clip has none like it.
func (c *clip) find(hash digest) int {
	if number, ok := c.numbers[hash]; ok {
		return number
	}
	return -1
}
