"""Builds every room and hands each what it needs: the only room that knows them all."""
