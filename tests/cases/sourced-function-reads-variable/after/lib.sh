stamp() { echo "$CHANNEL" > channel.txt; }
