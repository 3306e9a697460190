package main

import "time"

// bars are what is measured, in the order of docs/reliability.md.
var bars = []bar{
	{name: "journal states", wants: "at least 10,000 states, 0 violations",
		room: "./runner/journal", test: "TestEveryCallWithEveryFault", limit: 20 * time.Minute},
	{name: "journal bit flips", wants: "every single-bit flip seen",
		room: "./runner/journal", test: "TestEveryBitFlipIsSeen", limit: 20 * time.Minute},
	{name: "failed fsync", wants: "launches freeze, the run goes on from a copy, 0 doubled, 0 lost",
		room: "./ui/cli", test: "TestAFailedSyncIsGoneOnFromElsewhere", limit: 30 * time.Minute},
	{name: "cut tail", wants: "noticed by what the hosts keep",
		room: "./ui/cli", test: "TestACutTailIsNoticed", limit: 10 * time.Minute},
}
