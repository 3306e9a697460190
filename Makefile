# One line each; .ci/run is what has to pass before a change goes in.
VERSION := $(shell git describe --always --dirty 2>/dev/null)

.PHONY: build rehearse tour test race lint bench mutants deep picture golden ci

build: ; CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X belay/ui/cli.version=$(VERSION)" -o bin/belay .

rehearse: build ; ./bin/belay rehearse --from rollout

tour: build ; ./bin/belay rehearse --from rollout --fault exit:3:build@w82 --tour

test: ; go test -timeout 20m ./...

race: ; go test -race ./...

lint: ; test -z "$$(gofmt -l .)" && go vet ./...

bench: ; docs/bench.sh

picture: build ; docs/picture.sh

mutants: ; go run ./.ci/mutants

deep: ; go run ./.ci/deep

golden: ; go test ./ui/... -update

ci: ; .ci/run
