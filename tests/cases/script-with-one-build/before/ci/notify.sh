#!/bin/sh
echo "the executor is done"
