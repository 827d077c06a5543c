"""Which jobs build several images in one container?"""
